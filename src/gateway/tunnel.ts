import { Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { loopbackLookup } from '../backend/index.js';
import { Carriage } from './carriage.js';
import { behindUpgrade } from './special-requests.js';
import type { CarriageMeans, TunnelOptions, TunnelOutcome, TunnelTarget } from './tunnel-call.js';

/** Whether a request has to go by {@link Tunnels}: it has a body, an expectation, or asks for a protocol. */
export function needsTunnel(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    'transfer-encoding' in headers ||
    (headers['content-length'] ?? '0') !== '0' ||
    'expect' in headers ||
    request.url === '*' ||
    behindUpgrade(request) !== undefined
  );
}

/** How long a connection that is to end may take for it, in milliseconds. */
const LAST_WORDS_MS = 500;

/** A connection that has been idle for so long may be about to be closed by its backend, in milliseconds. */
const KEEP_ALIVE_MS = 4_000;

/**
 * Carries requests to backends as they come, and answers back: bodies of any length, expectations, trailers
 * and other protocols, both ways at once and at the pace of the slower side.
 */
export class Tunnels implements CarriageMeans {
  private readonly options = { keepAlive: true, timeout: KEEP_ALIVE_MS, lookup: loopbackLookup };
  readonly plain = new Agent(this.options);
  readonly encrypted = new TlsAgent(this.options);
  /** Connections that have been switched. */
  private readonly switched = new Set<Socket>();
  private isHungUp = false;

  /** Carries one request. The outcome is told, never thrown. */
  tunnel(
    request: IncomingMessage,
    response: ServerResponse,
    target: TunnelTarget,
    options: TunnelOptions,
  ): Promise<TunnelOutcome> {
    return new Promise((resolve) => {
      new Carriage(this, request, response, target, options, resolve).begin();
    });
  }

  /** Keeps a switched connection, to end it with all others. */
  keep(socket: Socket): void {
    if (this.isHungUp) hangUp(socket);
    this.switched.add(socket);
    socket.once('close', () => this.switched.delete(socket));
  }

  /**
   * Ends connections that have been switched: whoever is there is told that nothing follows, and has a moment
   * to say what it was about to say. What is switched from now on ends at once.
   */
  hangUp(): void {
    this.isHungUp = true;
    for (const socket of this.switched) hangUp(socket);
  }

  /** Ends what is in progress. */
  close(): void {
    this.plain.destroy();
    this.encrypted.destroy();
    for (const socket of this.switched) socket.destroy();
  }
}

function hangUp(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
  socket.once('close', () => clearTimeout(timer));
}
