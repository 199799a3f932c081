import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LinkedSet } from '../collections/index.js';
import type { Place } from '../collections/index.js';
import { SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import type { RequestWatcher } from './request-watchers.js';

/** What is left of the grace for writing the last answers and leaving. */
const LAST_WORDS_MS = 250;

const PLACE = Symbol('breakwater:unanswered');

type Unanswered = ServerResponse & { [PLACE]?: Place<ServerResponse> };

const SHUTTING_DOWN = Buffer.from('{"error":"shutting down"}');

/**
 * Lets requests in progress finish when the service is told to stop. From the signal on every answer
 * closes its connection, so that keep-alive clients go elsewhere; what is unanswered when the grace
 * is nearly over gets a 503, so that the process is gone in time.
 */
@Injectable()
export class ConnectionDrain implements RequestWatcher, OnModuleDestroy, OnApplicationShutdown {
  private readonly unanswered = new LinkedSet<ServerResponse>();
  private server?: Server;
  private draining = false;
  private deadline?: NodeJS.Timeout;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Takes charge of the connections of `server`, whose requests it is to watch. */
  drain(server: Server): void {
    this.server = server;
  }

  opened(_request: IncomingMessage, response: ServerResponse): void {
    (response as Unanswered)[PLACE] = this.unanswered.add(response);
    if (this.draining) response.shouldKeepAlive = false;
  }

  closed(response: ServerResponse): void {
    const place = (response as Unanswered)[PLACE];
    if (place) this.unanswered.delete(place);
    if (this.draining) this.closeIdle();
  }

  /** Nest calls this first after the signal, before it waits for the drain delay. */
  onModuleDestroy(): void {
    this.draining = true;
    for (const response of this.unanswered.values()) response.shouldKeepAlive = false;
    const untilDeadlineMs = Math.max(0, this.settings.SHUTDOWN_GRACE_MS - LAST_WORDS_MS);
    this.deadline = setTimeout(() => {
      this.cut();
    }, untilDeadlineMs);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.deadline);
  }

  /** A keep-alive answer that was under way at the signal leaves an idle connection behind. */
  private closeIdle(): void {
    if (this.server?.listening === false) {
      setImmediate(() => this.server?.closeIdleConnections());
    }
  }

  private cut(): void {
    for (const response of [...this.unanswered.values()]) {
      if (response.headersSent) continue;
      response.writeHead(503, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': SHUTTING_DOWN.length,
        'Cache-Control': 'no-store',
        Connection: 'close',
      });
      response.end(SHUTTING_DOWN);
    }
    setTimeout(() => this.server?.closeAllConnections(), LAST_WORDS_MS / 5);
  }
}
