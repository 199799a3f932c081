import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter } from './counter.js';
import type { Gate } from './gate.js';

/** What the backend does with one call. Without anything: 200 and a JSON body that names the call. */
export interface Answer {
  readonly status?: number;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Milliseconds before the answer; prefer {@link gate}. */
  readonly delay?: number;
  /** Nothing is sent until it opens. */
  readonly gate?: Gate;
  /** Headers and the first half of the body are sent; the rest when it opens. */
  readonly bodyGate?: Gate;
  /** Sends the body without a Content-Length. */
  readonly chunked?: boolean;
  /** Takes the request and never answers. */
  readonly hang?: boolean;
  /** Destroys the connection with a TCP reset. */
  readonly reset?: boolean;
  /** Promises more bytes than it sends, then closes. */
  readonly truncate?: boolean;
  /** Ends a chunked body without its last chunk. */
  readonly truncateChunked?: boolean;
  /** Answers with bytes that are not HTTP. */
  readonly garbage?: boolean;
  /** Answers `101 Switching Protocols`. */
  readonly upgrade101?: boolean;
  /** Sends more bytes than its Content-Length says. */
  readonly moreThanContentLength?: boolean;
  /** Sends this many bytes without end of the body, unless `declare` says how long it will be. */
  readonly endless?: boolean;
  /** One byte every so many milliseconds, for ever. */
  readonly trickle?: number;
  /** Bytes written on the socket as they are, then the connection is closed. */
  readonly raw?: string | Buffer;
  /** A body of this many bytes, declared by its Content-Length but never sent. */
  readonly declare?: number;
}

/** One call as the backend saw it. */
export interface BackendRequest {
  readonly method: string;
  /** The request target exactly as it came over the wire. */
  readonly url: string;
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
}

type Host = '127.0.0.1' | '::1';

/** The key whose path is also what `/api/resource` asks for. */
export const RESOURCE = 'resource';

interface Counts {
  readonly calls: Counter;
  readonly aborted: Counter;
}

/** A real HTTP server that does, per key and call, what the test scripted. */
export class ScriptedBackend {
  readonly requests: BackendRequest[] = [];
  private readonly scripts = new Map<string, readonly Answer[]>();
  private readonly counts = new Map<string, Counts>();
  private readonly everyCall = new Counter('calls to the backend');
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private servers: Server[] = [];
  private listeningPort = 0;

  private constructor(
    private readonly hosts: readonly Host[],
    private readonly prefix: string,
  ) {}

  static async start(
    options: { hosts?: readonly Host[]; prefix?: string } = {},
  ): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(options.hosts ?? ['127.0.0.1'], options.prefix ?? '');
    await backend.up();
    return backend;
  }

  get port(): number {
    return this.listeningPort;
  }

  /** What to set `BACKEND_URL` to. */
  get url(): string {
    const host = this.hosts[0] === '::1' ? '[::1]' : '127.0.0.1';
    return `http://${host}:${String(this.listeningPort)}${this.prefix}`;
  }

  get total(): number {
    return this.everyCall.value;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  /** Resolves once no more than `most` connections are open; they close a moment after a call ends. */
  async waitForConnections(most: number): Promise<void> {
    for (const deadline = Date.now() + 40_000; this.sockets.size > most; await sleep(5)) {
      if (Date.now() < deadline) continue;
      throw new Error(`${String(this.sockets.size)} connections are open, not ${String(most)}`);
    }
  }

  /** Scripts the calls for `key`: one answer per call, the last one repeats. */
  on(key: string, ...answers: readonly [Answer, ...Answer[]]): this {
    this.scripts.set(key, answers);
    // A new script starts at its first answer, whatever was called before.
    this.offsets.set(key, this.calls(key));
    return this;
  }

  calls(key: string): number {
    return this.countsOf(key).calls.value;
  }

  /** How many calls for `key` were given up by the service before they were answered. */
  aborted(key: string): number {
    return this.countsOf(key).aborted.value;
  }

  waitForCalls(key: string, count: number): Promise<void> {
    return this.countsOf(key).calls.reaches(count);
  }

  waitForAborted(key: string, count: number): Promise<void> {
    return this.countsOf(key).aborted.reaches(count);
  }

  waitForTotal(count: number): Promise<void> {
    return this.everyCall.reaches(count);
  }

  /** The last call for `key`. */
  lastOf(key: string): BackendRequest {
    const last = this.requests.findLast((request) => request.key === key);
    if (!last) throw new Error(`the backend was never asked for ${JSON.stringify(key)}`);
    return last;
  }

  /** Refuses connections from now on, and breaks those that are open. */
  async down(): Promise<void> {
    const servers = this.servers;
    this.servers = [];
    const closed = servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    );
    for (const socket of this.sockets) socket.destroy();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    await Promise.all(closed);
  }

  /** Listens again, on the port it had. */
  async up(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const host of this.hosts) {
          const server = this.createServer();
          await listen(server, this.listeningPort, host);
          this.servers.push(server);
          this.listeningPort = (server.address() as AddressInfo).port;
        }
        return;
      } catch (error) {
        // The port that was free on the first address may be taken on the second.
        await this.down();
        if (attempt === 5 || this.everyCall.value > 0) throw error;
        this.listeningPort = 0;
      }
    }
  }

  private readonly offsets = new Map<string, number>();

  private createServer(): Server {
    const server = createServer(
      { maxHeaderSize: 512 * 1024, keepAliveTimeout: 60_000, noDelay: true },
      (request, response) => {
        this.serve(request, response);
      },
    );
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
    });
    return server;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    const key = this.keyOf(url);
    const counts = this.countsOf(key);
    const answer = this.answerFor(key, counts.calls.value);
    this.requests.push({
      method: request.method ?? '',
      url,
      key,
      headers: request.headers,
      rawHeaders: request.rawHeaders,
    });
    // The socket tells it by its end alone, also while nothing is being written.
    let ours = false;
    response.once('close', () => {
      if (!response.writableFinished && !ours) counts.aborted.increment();
    });
    counts.calls.increment();
    this.everyCall.increment();
    const act = (): void => {
      if (response.destroyed || request.socket.destroyed) return;
      ours =
        answer.reset === true ||
        answer.truncate === true ||
        answer.truncateChunked === true ||
        answer.garbage === true ||
        answer.upgrade101 === true ||
        answer.moreThanContentLength === true ||
        answer.raw !== undefined;
      this.act(answer, key, request, response);
    };
    if (answer.hang) return;
    if (answer.gate) void answer.gate.opened.then(act);
    else if (answer.delay) this.after(answer.delay, act);
    else act();
  }

  private act(answer: Answer, key: string, request: IncomingMessage, response: ServerResponse) {
    const socket = request.socket;
    const body = toBuffer(answer.body ?? JSON.stringify({ key, call: this.calls(key) }));
    const contentType = answer.body === undefined ? 'application/json' : 'text/plain';
    if (answer.reset) {
      socket.resetAndDestroy();
      return;
    }
    if (answer.garbage) {
      socket.end('\u0000\u0001 this is not HTTP \u0002\r\n\r\n\r\n');
      return;
    }
    if (answer.upgrade101) {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      return;
    }
    if (answer.raw !== undefined) {
      socket.end(answer.raw);
      return;
    }
    if (answer.truncate) {
      const length = String(body.length + 10);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\n`);
      socket.end(Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), body]));
      return;
    }
    if (answer.truncateChunked) {
      const size = body.length.toString(16);
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.end(Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from('\r\n')]));
      return;
    }
    if (answer.moreThanContentLength) {
      const length = String(body.length - 1);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\n`);
      socket.write(Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), body]));
      return;
    }
    response.statusCode = answer.status ?? 200;
    response.setHeader('Content-Type', contentType);
    for (const [name, value] of Object.entries(answer.headers ?? {})) {
      response.setHeader(name, value);
    }
    if (answer.trickle !== undefined) {
      response.flushHeaders();
      this.every(answer.trickle, response, () => response.write('.'));
      return;
    }
    if (answer.declare !== undefined) {
      response.setHeader('Content-Length', answer.declare);
      response.flushHeaders();
      return;
    }
    if (answer.endless) {
      response.flushHeaders();
      this.pour(response);
      return;
    }
    if (answer.bodyGate) {
      if (!answer.chunked) response.setHeader('Content-Length', body.length);
      const half = Math.floor(body.length / 2);
      response.write(body.subarray(0, half));
      void answer.bodyGate.opened.then(() => response.end(body.subarray(half)));
      return;
    }
    if (answer.chunked) {
      response.write(body.subarray(0, 1));
      response.end(body.subarray(1));
      return;
    }
    response.end(body);
  }

  /** Writes as fast as the other side reads, until it goes away. */
  private pour(response: ServerResponse): void {
    const chunk = Buffer.alloc(16 * 1024, 'x');
    const more = (): void => {
      if (response.destroyed) return;
      if (response.write(chunk)) setImmediate(more);
      else response.once('drain', more);
    };
    more();
  }

  private after(ms: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      task();
    }, ms);
    this.timers.add(timer);
  }

  private every(ms: number, response: ServerResponse, task: () => void): void {
    const timer = setInterval(task, ms);
    this.timers.add(timer);
    response.once('close', () => {
      clearInterval(timer);
      this.timers.delete(timer);
    });
  }

  private answerFor(key: string, calls: number): Answer {
    const script = this.scripts.get(key);
    if (!script) return {};
    return script[Math.min(calls - (this.offsets.get(key) ?? 0), script.length - 1)] ?? {};
  }

  private keyOf(url: string): string {
    const start = `${this.prefix}/backend/`;
    const encoded = url.startsWith(start) ? url.slice(start.length) : url;
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  }

  private countsOf(key: string): Counts {
    let counts = this.counts.get(key);
    if (!counts) {
      const name = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
      counts = {
        calls: new Counter(`backend calls for ${name}`),
        aborted: new Counter(`aborted backend calls for ${name}`),
      };
      this.counts.set(key, counts);
    }
    return counts;
  }
}

function toBuffer(body: string | Buffer): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function listen(server: Server, port: number, host: Host): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4_096, ipv6Only: host === '::1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
