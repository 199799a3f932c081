import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LinkedSet, LogEvent } from '../../ground/index.js';
import type { Place } from '../../ground/index.js';
import { closeAfterLast } from '../../http/index.js';
import type { RequestWatcher } from '../../http/index.js';
import { SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { OpenConnections } from './open-connections.js';

/** How often it is looked for connections that have become idle, while the service stops. */
const LOOK_MS = 50;

/** What is left of the grace for writing the last answers and leaving. */
const LAST_WORDS_MS = 250;

const PLACE = Symbol('breakwater:unanswered');

type Unanswered = ServerResponse & { [PLACE]?: Place<ServerResponse> };

/** A server, and what is known of its connections. */
interface Drained {
  readonly server: Server;
  readonly connections: OpenConnections;
  /** Once it is being closed. */
  closed?: Promise<void>;
}

const SHUTTING_DOWN = Buffer.from('{"error":"shutting down"}');

/**
 * Lets requests in progress finish when the service is told to stop. From the signal on the
 * answer to the last request of a connection closes it, so that keep-alive clients go elsewhere; those before
 * it are answered first. An answer is waited for until its last
 * byte has left; what is unanswered when the grace is nearly over gets a 503, and what has not been
 * read by then is cut, so that the process is gone in time. Connections on which nobody asks for anything are
 * not waited for.
 */
@Injectable()
export class GracefulStop implements RequestWatcher, OnModuleDestroy, OnApplicationShutdown {
  private readonly unanswered = new LinkedSet<ServerResponse>();
  private readonly logger = new Logger('Connections');
  /** The public one first; the others close when that has. */
  private readonly drained: Drained[] = [];
  private draining = false;
  private deadline?: NodeJS.Timeout;
  private look?: NodeJS.Timeout;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /**
   * Takes charge of the connections of `server`, whose requests it is to watch. The first one is closed by
   * Nest, and those that come after it then.
   */
  drain(server: Server): void {
    const { WRITE_TIMEOUT_MS } = this.settings;
    const connections = new OpenConnections(server, WRITE_TIMEOUT_MS, (left) => {
      const words = `Closed a connection whose client has read nothing for ${WRITE_TIMEOUT_MS} ms, ${left} bytes of an answer left`;
      this.logger.warn(new LogEvent('connection.cut', words, { bytesLeft: left }));
    });
    this.drained.push({ server, connections });
  }

  opened(_request: IncomingMessage, response: ServerResponse): void {
    (response as Unanswered)[PLACE] = this.unanswered.add(response);
    if (this.draining) closeAfterLast(response);
  }

  closed(response: ServerResponse): void {
    const place = (response as Unanswered)[PLACE];
    if (place) this.unanswered.delete(place);
    if (this.draining) setImmediate(() => this.closeIdle());
  }

  /** Nest calls this first after the signal, before it waits for the drain delay. */
  onModuleDestroy(): void {
    this.draining = true;
    for (const response of this.unanswered.values()) closeAfterLast(response);
    const untilDeadlineMs = Math.max(0, this.settings.SHUTDOWN_GRACE_MS - LAST_WORDS_MS);
    this.deadline = setTimeout(() => {
      this.cut();
    }, untilDeadlineMs);
    this.look = setInterval(() => {
      this.closeIdle();
      this.closeSilent();
    }, LOOK_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.closeOthers();
    clearTimeout(this.deadline);
    clearInterval(this.look);
    for (const { connections } of this.drained) connections.stop();
  }

  private get others(): readonly Drained[] {
    return this.drained.slice(1);
  }

  private get isClosing(): boolean {
    return this.drained[0]?.server.listening === false;
  }

  private closeOthers(): Promise<unknown> {
    const closing = this.others.map((other) => {
      return (other.closed ??= new Promise<void>((resolve) => {
        other.server.close(() => resolve());
      }));
    });
    return Promise.all(closing);
  }

  /** A keep-alive answer that was under way at the signal leaves an idle connection behind. */
  private closeIdle(): void {
    if (!this.isClosing) return;
    void this.closeOthers();
    for (const { server } of this.drained) server.closeIdleConnections();
  }

  private closeSilent(): void {
    if (!this.isClosing) return;
    const asked = new Set([...this.unanswered.values()].map(socketOf));
    for (const { connections } of this.drained) connections.closeSilent(asked);
  }

  private cut(): void {
    for (const response of [...this.unanswered.values()]) {
      if (response.headersSent) continue;
      response.writeHead(503, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': SHUTTING_DOWN.length,
        'Cache-Control': 'no-store',
      });
      response.end(SHUTTING_DOWN);
    }
    setTimeout(() => this.closeAll(), LAST_WORDS_MS / 5);
  }

  private closeAll(): void {
    const unwritten = this.drained.flatMap(({ connections }) => connections.unwritten());
    if (unwritten.length > 0) {
      const bytes = unwritten.reduce((sum, left) => sum + left, 0);
      const { length: connections } = unwritten;
      const words = `The grace is over: ${connections} connections are cut before the end of an answer, ${bytes} bytes left`;
      this.logger.warn(
        new LogEvent('service.grace-over', words, { connections, bytesLeft: bytes }),
      );
    }
    for (const { server } of this.drained) server.closeAllConnections();
  }
}

function socketOf({ req }: ServerResponse): Socket {
  return req.socket;
}
