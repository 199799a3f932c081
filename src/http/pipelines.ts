import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LinkedSet, objectWith } from '../ground/index.js';
import type { Place } from '../ground/index.js';

const A_SERVER = objectWith('rawListeners', 'removeAllListeners', 'on');

/** Requests of one connection that are worked on at once. */
const AT_ONCE = 64;

/** Requests of all connections that begin in one turn: so many of the dearest, of health, take 20 ms. */
const PER_TURN = 16;

/** What Node keeps on a connection of a server, and its type declarations do not name. */
type Connection = Socket & {
  /** Whether Node itself has stopped reading. */
  _paused?: boolean;
  readonly parser?: { resume(): void } | null;
  /** The response that is first in line. */
  readonly _httpMessage?: ServerResponse | null;
  [PIPELINE]?: Pipeline;
  /** Whether the answer that closes it is known. */
  [ENDING]?: true;
};

const PIPELINE = Symbol('breakwater:pipeline');
const ENDING = Symbol('breakwater:ending');

type HandOn = (request: IncomingMessage, response: ServerResponse) => void;

/** Of the servers whose pipelines are bounded: to whom their requests are handed on. */
const BEHIND = new WeakMap<Server, RequestListener[]>();

/**
 * Bounds what one connection of `server` can ask for at once. A client may send requests before it has
 * the answers to those before (RFC 9112, section 9.3.2), and Node hands them on as fast as they come. Of
 * those that come before their turn 64 are worked on at once; a connection that has sent more is not read
 * until they have been answered, and those of all connections are begun in batches, between which others
 * have theirs. Call it before the server listens; hits of the fast path are bounded as well.
 *
 * It also has the responses to such requests emit `close` when their connection closes, as Node has it for
 * the first in line alone: whoever works for them would never hear that nobody waits.
 *
 * @example
 * const app = await NestFactory.create(AppModule);
 * boundPipelines(app.getHttpServer());
 * await app.listen(3000);
 */
export function boundPipelines(server: Server): void {
  A_SERVER.check(server, 'boundPipelines()', 'server');
  if (BEHIND.has(server)) return;
  const listeners = server.rawListeners('request') as RequestListener[];
  BEHIND.set(server, listeners);
  const handOn: HandOn = (request, response) => {
    for (const listener of listeners) listener.call(server, request, response);
  };
  const turns = new Turns();
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const socket: Connection = request.socket;
    if (socket[ENDING]) {
      // Or its body would stop the connection, and what is unread at its end resets it.
      request.resume();
      return;
    }
    // A response has its connection as soon as all before it are out.
    if (response.socket !== null) {
      handOn(request, response);
      return;
    }
    const pipeline = (socket[PIPELINE] ??= new Pipeline(socket, turns, handOn));
    pipeline.add(request, response);
  });
}

/**
 * Has the connection of `response` closed by the answer to the last of all requests that have been received
 * on it: those before it are answered first, and none behind it is begun. Where the head of that answer
 * is out, nothing can be said in it, and the connection stays open.
 */
export function closeAfterLast(response: ServerResponse): void {
  const socket: Connection = response.req.socket;
  if (socket[ENDING]) return;
  const last = socket[PIPELINE]?.last ?? response;
  if (last.headersSent) return;
  last.shouldKeepAlive = false;
  socket[ENDING] = true;
}

/** The response to the last of all requests of `connection` that have no whole answer yet. */
export function lastUnanswered(connection: Socket): ServerResponse | undefined {
  const socket: Connection = connection;
  return socket[PIPELINE]?.last ?? socket._httpMessage ?? undefined;
}

/** Gives the connections that have requests to begin their turns, some in each turn of the event loop. */
class Turns {
  private ready: Pipeline[] = [];
  private isScheduled = false;

  /** `pipeline` has something to begin. It asks once for all. */
  ask(pipeline: Pipeline): void {
    this.ready.push(pipeline);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.run());
  }

  private run(): void {
    this.isScheduled = false;
    const { ready } = this;
    let served = 0;
    // One of each, and to the end of the line.
    for (const pipeline of ready) {
      if (served === PER_TURN) break;
      served += 1;
      if (pipeline.begin()) ready.push(pipeline);
    }
    this.ready = ready.slice(served);
    if (this.ready.length > 0) this.schedule();
  }
}

/** What a connection has sent before it had its answers. */
class Pipeline {
  /** Requests in their order; those that have been begun are gone from it. */
  private waiting: ([IncomingMessage, ServerResponse] | undefined)[] = [];
  private begun = 0;
  /** No `Set`: whatever passes through one that has grown old lives as long. */
  private readonly inProgress = new LinkedSet<ServerResponse>();
  private hasAsked = false;
  private isHeld = false;
  private isPausedByNode = false;

  constructor(
    private readonly socket: Connection,
    private readonly turns: Turns,
    private readonly handOn: HandOn,
  ) {
    socket.once('close', () => this.abandon());
  }

  add(request: IncomingMessage, response: ServerResponse): void {
    this.waiting.push([request, response]);
    if (this.unanswered >= AT_ONCE) this.hold();
    this.askIfNeedBe();
  }

  /** Begins the next request; whether there is another that may be begun. */
  begin(): boolean {
    const next = this.waiting[this.begun];
    this.hasAsked = false;
    if (next === undefined || this.socket.destroyed) return false;
    this.waiting[this.begun++] = undefined;
    if (this.begun === this.waiting.length) {
      this.waiting = [];
      this.begun = 0;
    }
    const [request, response] = next;
    const place = this.inProgress.add(response);
    response.once('close', () => this.end(place));
    // It may have been refused while it waited, for a body that is none.
    if (!response.headersSent) this.handOn(request, response);
    return (this.hasAsked = this.mayBegin);
  }

  /** The response to the request that came last, of those that wait or are in progress. */
  get last(): ServerResponse | undefined {
    return this.waiting.at(-1)?.[1] ?? this.inProgress.last;
  }

  private get unanswered(): number {
    return this.waiting.length - this.begun + this.inProgress.size;
  }

  private get mayBegin(): boolean {
    return this.waiting.length > 0 && this.inProgress.size < AT_ONCE;
  }

  private end(place: Place<ServerResponse>): void {
    this.inProgress.delete(place);
    if (this.socket.destroyed) return;
    this.askIfNeedBe();
    if (this.unanswered < AT_ONCE) this.release();
  }

  private askIfNeedBe(): void {
    if (this.hasAsked || !this.mayBegin) return;
    this.hasAsked = true;
    this.turns.ask(this);
  }

  /** Reads no further. What has been read is parsed in any case: up to 64 KiB. */
  private hold(): void {
    if (this.isHeld) return;
    this.isHeld = true;
    const { socket } = this;
    this.isPausedByNode = socket._paused ?? false;
    // Node looks there before it reads on, which it would do whenever it has written an answer.
    Object.defineProperty(socket, '_paused', {
      ...{ configurable: true, enumerable: true },
      get: () => true,
      set: (isPaused: boolean) => {
        this.isPausedByNode = isPaused;
      },
    });
    socket.pause();
  }

  private release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    const { socket, isPausedByNode } = this;
    Object.defineProperty(socket, '_paused', {
      ...{ configurable: true, enumerable: true, writable: true },
      value: isPausedByNode,
    });
    if (isPausedByNode) return;
    socket.parser?.resume();
    socket.resume();
  }

  private abandon(): void {
    this.waiting = [];
    for (const response of [...this.inProgress.values()]) {
      // The first in line hears of it by Node.
      if (response.destroyed || response.socket !== null) continue;
      response.destroyed = true;
      response.emit('close');
    }
  }
}

/** Who is told of the hits that are answered before the framework, and gives each its id. */
export interface HitObserver {
  /** Name of the header in which the id of a request is sent with its answer. */
  readonly header: string;
  /** The id of `request`, as it is sent: fit for a header. */
  idOf(request: IncomingMessage): string;
  /** `request` has been answered, by the route with this path, or by the rule of this name. */
  answered(request: IncomingMessage, id: string, status: number, route: string): void;
}

/** Hears of each hit that is answered before the framework. */
export type HitListener = (request: IncomingMessage, route: string, status: number) => void;

/** Answers a request at once, or leaves it alone. Whether it has answered. */
export type EarlyAnswer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Has `answer` asked first, before those who listen to the requests of `server` by now. */
export function answerBefore(server: Server, answer: EarlyAnswer): void {
  const behind = BEHIND.get(server);
  const listeners = behind?.splice(0) ?? (server.rawListeners('request') as RequestListener[]);
  const first: RequestListener = (request, response) => {
    if (answer(request, response)) return;
    for (const listener of listeners) listener.call(server, request, response);
  };
  if (behind) {
    behind.push(first);
  } else {
    server.removeAllListeners('request');
    server.on('request', first);
  }
}

/** How many listen to the requests of `server`. */
export function countListeners(server: Server): number {
  const count = server.listenerCount('request');
  const behind = BEHIND.get(server);
  return behind ? count - 1 + behind.length : count;
}
