import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a {@link SimulatedBackend} behaves. */
export interface SimulatedBackendOptions {
  /** How long it thinks before each answer, in milliseconds. @default 500 */
  readonly delayMs?: number;
  /** How many calls it works on at once; the others wait for their turn. @default as many as come */
  readonly capacity?: number;
}

/** What it has an answer for, up to the key. */
const SERVED = /^\/(?:backend|products)\/(?=.)/;

/**
 * The slow backend of the demo: answers `GET /backend/{key}` and `GET /products/{key}` with
 * `{ key, value, timestamp }` after a while, counts its calls, and fails or heals when told to, in process
 * or by `POST /fail` and `POST /heal`; `GET /calls` tells the count.
 */
export class SimulatedBackend {
  /** While true every call is answered 500. */
  failing = false;
  /** How long it thinks before each answer, in milliseconds. */
  delayMs: number;

  private callCount = 0;
  private busy = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly capacity: number;
  private readonly server: Server;

  constructor({ delayMs = 500, capacity = Infinity }: SimulatedBackendOptions = {}) {
    this.delayMs = delayMs;
    this.capacity = capacity;
    this.server = createServer((request, response) => {
      this.handle(request, response);
    });
  }

  /** Calls since the start, not counting those that switch it or ask for this. */
  get calls(): number {
    return this.callCount;
  }

  /** Counts its calls anew. */
  forget(): void {
    this.callCount = 0;
  }

  /** Listens on `port` (0 picks a free one) of every interface; resolves to the port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(port, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://backend');
    const target = `${request.method ?? ''} ${pathname}`;
    if (target === 'POST /fail' || target === 'POST /heal') {
      this.failing = target === 'POST /fail';
      reply(response, 200, { failing: this.failing });
    } else if (target === 'GET /calls') {
      reply(response, 200, { calls: this.callCount });
    } else if (request.method === 'GET' && SERVED.test(pathname)) {
      this.callCount += 1;
      this.take(() => {
        this.answer(response, pathname.replace(SERVED, ''));
      });
    } else {
      reply(response, 404, { error: 'not found' });
    }
  }

  /** Does `work` after the time that it takes, once there is room for it. */
  private take(work: () => void): void {
    if (this.busy >= this.capacity) {
      this.waiting.push(work);
      return;
    }
    this.busy += 1;
    setTimeout(() => {
      this.busy -= 1;
      work();
      const next = this.waiting.shift();
      if (next) this.take(next);
    }, this.delayMs);
  }

  private answer(response: ServerResponse, segment: string): void {
    if (this.failing) {
      reply(response, 500, { error: 'simulated failure' });
      return;
    }
    const key = decodeURIComponent(segment);
    reply(response, 200, { key, value: `value of ${key}`, timestamp: Date.now() });
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
