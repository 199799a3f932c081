import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach } from '@jest/globals';
import { RawBackend } from '../../backend/testing/raw-backend.js';
import { endToEnd } from '../../http-cache/index.js';
import type { TunnelOptions, TunnelOutcome, TunnelTarget } from '../tunnel-call.js';
import { protocolsOf } from '../framing.js';
import { acceptSpecialRequests } from '../special-requests.js';
import { Tunnels } from '../tunnel.js';

const STATUSES: Partial<Record<string, number>> = { timeout: 504, 'too-large': 413, stalled: 408 };

/** A server that hands each request to a tunnel, in front of a raw backend or one of node:http. */
export class TunnelFixture {
  backend!: RawBackend;
  server!: Server;
  tunnels!: Tunnels;
  outcomes: TunnelOutcome[] = [];
  target: Partial<TunnelTarget> = {};
  options: Partial<TunnelOptions> = {};
  private waiting: (() => void)[] = [];
  private readonly sockets: Socket[] = [];
  private readonly servers: Server[] = [];

  constructor() {
    beforeEach(async () => {
      const outcomes: TunnelOutcome[] = (this.outcomes = []);
      this.target = {};
      this.options = {};
      this.backend = await RawBackend.start();
      this.tunnels = new Tunnels();
      this.server = await this.listen((request, response) => {
        void this.tunnels
          .tunnel(request, response, this.targetOf(request), this.optionsNow)
          .then((outcome) => {
            if (outcome.error && !response.headersSent) {
              response.writeHead(STATUSES[outcome.error.failure] ?? 502, ['Content-Length', '0']);
              response.end();
            }
            outcomes.push(outcome);
            for (const tell of this.waiting.splice(0)) tell();
          });
      });
      acceptSpecialRequests(this.server, ({ headers }) =>
        protocolsOf(headers.upgrade).some((it) => this.optionsNow.upgrades?.has(it)),
      );
    });
    afterEach(async () => {
      this.tunnels.close();
      for (const socket of this.sockets.splice(0)) socket.destroy();
      for (const server of this.servers.splice(0)) {
        server.closeAllConnections();
        server.close();
      }
      await this.backend.close();
    });
  }

  private get optionsNow(): TunnelOptions {
    return { timeouts: { connectMs: 5_000, headMs: 5_000, idleMs: 5_000 }, ...this.options };
  }

  private targetOf(request: IncomingMessage): TunnelTarget {
    const dropped = new Set(['host', 'te', 'content-length', 'expect']);
    const all = endToEnd(request.rawHeaders);
    const fields = all.filter(
      (_, at) => !dropped.has((all[at - (at % 2)] as string).toLowerCase()),
    );
    return { origin: this.backend.url, path: request.url ?? '/', fields, ...this.target };
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** A server of node:http on a port of its own. */
  async listen(listener: RequestListener): Promise<Server> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    this.servers.push(server);
    await once(server, 'listening');
    return server;
  }

  /** Has requests go to a backend of node:http. */
  async serve(listener: RequestListener): Promise<Server> {
    const server = await this.listen(listener);
    this.target = { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    return server;
  }

  /** A raw client that has written `text`. */
  client(text: string): RawClient {
    const socket = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    this.sockets.push(socket);
    socket.write(text, 'latin1');
    return new RawClient(socket);
  }

  /** Resolves to the outcome of the next request that ends, or of the one that has. */
  async outcome(): Promise<TunnelOutcome> {
    if (this.outcomes.length === 0) await new Promise<void>((tell) => this.waiting.push(tell));
    return this.outcomes.shift() as TunnelOutcome;
  }
}

/** What a client has been told, byte for byte. */
export class RawClient {
  text = '';
  private waiting: (() => void)[] = [];
  /** How its connection has ended: by the other side, or by a reset. */
  ending: 'end' | 'reset' | undefined;

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => {
      this.text += bytes.toString('latin1');
      this.look();
    });
    socket.on('end', () => this.close('end'));
    socket.on('error', () => this.close('reset'));
  }

  /** Resolves as soon as it has been told so. */
  async until(isSo: (text: string) => boolean): Promise<string> {
    while (!isSo(this.text)) {
      if (this.ending !== undefined) throw new Error(`${this.ending} after ${this.text}`);
      await new Promise<void>((tell) => this.waiting.push(tell));
    }
    return this.text;
  }

  async closed(): Promise<string> {
    while (this.ending === undefined) await new Promise<void>((tell) => this.waiting.push(tell));
    return this.ending;
  }

  private close(ending: 'end' | 'reset'): void {
    this.ending ??= ending;
    this.look();
  }

  private look(): void {
    for (const tell of this.waiting.splice(0)) tell();
  }
}
