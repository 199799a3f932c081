import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Counter } from './barriers.js';
import type { Gate } from './barriers.js';

/** What a {@link ScriptedBackend} does with one call. Left empty: 200 without a body. */
export interface ScriptedAnswer {
  /** @default 200 */
  readonly status?: number;
  /** The body as it is. */
  readonly body?: string | Uint8Array;
  /** The body as JSON, with its `Content-Type`; in place of `body`. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Nothing is sent until it opens. */
  readonly gate?: Gate;
  /** Nothing is sent for so long, in milliseconds; a {@link gate} makes a test that does not depend on time. */
  readonly delayMs?: number;
  /** The call is taken and never answered. */
  readonly hang?: boolean;
  /** The connection is reset before the answer. */
  readonly reset?: boolean;
  /** The connection ends in the middle of the body. */
  readonly truncate?: boolean;
}

/** A call as the backend has seen it. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

interface Script {
  readonly answers: readonly ScriptedAnswer[];
  /** How many calls there were before it. */
  readonly from: number;
}

interface Counts {
  readonly calls: Counter;
  readonly aborted: Counter;
}

/**
 * A real HTTP server on a port of the loopback interface that does, call by call, what the test says: it
 * answers, waits for a gate, hangs, resets, breaks off. It counts the calls, and lets a test wait for them.
 *
 * @example
 * const backend = await ScriptedBackend.start();
 * backend.on('/prices/lamp', { status: 500 }, { json: { amount: 12 } });  // the first call fails
 * // … the application under test asks backend.url
 * expect(backend.calls('/prices/lamp')).toBe(2);
 * await backend.close();
 */
export class ScriptedBackend {
  /** All calls, in the order in which they came. */
  readonly requests: ScriptedRequest[] = [];
  private readonly scripts = new Map<string, Script>();
  private readonly counts = new Map<string, Counts>();
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private server: Server | undefined;
  private listeningPort = 0;

  private constructor() {}

  /** Starts a backend on a free port. */
  static async start(): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend();
    await backend.up();
    return backend;
  }

  /** Its port. It stays the same while it is {@link down}. */
  get port(): number {
    return this.listeningPort;
  }

  /** Its base URL, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.listeningPort}`;
  }

  /**
   * Says what becomes of the calls for `path`, from now on: one answer a call, and the last one for all that
   * follow. A path with a query is for that query alone; without one for every query that has no script of
   * its own. What has no script is answered by 501 with a body that says so.
   *
   * @throws Error if `path` does not begin with a slash
   */
  on(path: string, ...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]): this {
    if (!path.startsWith('/')) throw new Error(`"${path}" is no path: it begins with a slash`);
    this.scripts.set(path, { answers, from: this.calls(path) });
    return this;
  }

  /** How many calls have come for `path`, as {@link on} was given it. */
  calls(path: string): number {
    return this.countsOf(path).calls.value;
  }

  /** How many calls for `path` were given up by the caller before they were answered. */
  aborted(path: string): number {
    return this.countsOf(path).aborted.value;
  }

  /** Resolves once `count` calls have come for `path`. Rejects after four seconds, saying how many came. */
  waitForCalls(path: string, count: number): Promise<void> {
    return this.countsOf(path).calls.reaches(count);
  }

  /** Resolves once `count` calls for `path` have been given up. Rejects as {@link waitForCalls} does. */
  waitForAborted(path: string, count: number): Promise<void> {
    return this.countsOf(path).aborted.reaches(count);
  }

  /** Listens, on the port that it had. */
  async up(): Promise<void> {
    if (this.server) return;
    const server = createServer((request, response) => {
      this.serve(request, response);
    });
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      // What is reset on purpose is no error of the test.
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.listeningPort, '127.0.0.1', resolve);
    });
    this.server = server;
    this.listeningPort = (server.address() as AddressInfo).port;
  }

  /** Breaks all connections, and refuses further ones until {@link up}. */
  async down(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    const closed = new Promise<void>((resolve) => {
      if (server) server.close(() => resolve());
      else resolve();
    });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Ends it; calls that hang end with it. */
  close(): Promise<void> {
    return this.down();
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: target = '', headers } = request;
    const [path = ''] = target.split('?');
    const key = this.scripts.has(target) ? target : path;
    const { calls, aborted } = this.countsOf(key);
    const script = this.scripts.get(key);
    const turn = calls.value - (script?.from ?? 0);
    const answer = script?.answers[Math.min(turn, script.answers.length - 1)] ?? notScripted(path);
    this.requests.push({ method, target, headers });
    const isOurs = answer.reset === true || answer.truncate === true;
    response.once('close', () => {
      if (!response.writableFinished && !isOurs) aborted.increment();
    });
    calls.increment();
    const act = (): void => {
      if (!response.destroyed) send(response, answer);
    };
    if (answer.hang) return;
    if (answer.gate) void answer.gate.opened.then(act);
    else if (answer.delayMs !== undefined) this.after(answer.delayMs, act);
    else act();
  }

  private after(ms: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      task();
    }, ms);
    this.timers.add(timer);
  }

  private countsOf(path: string): Counts {
    let counts = this.counts.get(path);
    if (!counts) {
      const calls = new Counter(`calls for ${path}`);
      counts = { calls, aborted: new Counter(`aborted calls for ${path}`) };
      this.counts.set(path, counts);
    }
    return counts;
  }
}

function notScripted(path: string): ScriptedAnswer {
  return { status: 501, json: { error: `nothing is scripted for ${path}` } };
}

function send(response: ServerResponse, answer: ScriptedAnswer): void {
  const { status = 200, json, headers = {} } = answer;
  if (answer.reset) {
    response.socket?.resetAndDestroy();
    return;
  }
  const text = json === undefined ? (answer.body ?? '') : JSON.stringify(json);
  const body = Buffer.from(text as string);
  response.statusCode = status;
  if (json !== undefined) response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (answer.truncate) {
    // As much again is promised, and never comes.
    response.setHeader('Content-Length', 2 * body.length + 1);
    response.write(body, () => response.socket?.destroy());
    if (body.length === 0) response.socket?.destroy();
    return;
  }
  response.end(body);
}
