import { CONTINUE_IS_TOLD_AS, expectConnection } from '../backend/index.js';
import type { Connection, ConnectionPool, ConnectionUser } from '../backend/index.js';
import { AbortWatch } from '../ground/index.js';
import type { AbortPlace, AbortWaiter } from '../ground/index.js';
import type { Dispatcher } from 'undici';
import { ForwardError } from './forward.error.js';
import type { ForwardFailure } from './forward.error.js';
import { PhaseTimer } from './phase-timer.js';
import type { ForwardTimeouts } from './phase-timer.js';

/** One request without a body. */
export interface ForwardCall {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Origins that are as good, tried in turn where one refuses. @default [] */
  readonly otherOrigins?: readonly string[] | undefined;
  /** Path and query as they go out, byte for byte (latin1). Begins with a slash. */
  readonly path: string;
  readonly method: string;
  /** Names and values in turn, as they go out. Without `Host`, it is that of the origin. */
  readonly fields: string[];
  readonly timeouts: ForwardTimeouts;
  /**
   * How often it is sent again where it cannot have been processed (RFC 9110, 9.2.2): the connection was
   * refused, or one that had been used before closed without a byte of an answer. Only idempotent methods.
   *
   * @default 0
   */
  readonly retries?: number | undefined;
  /** Ends the call, with its reason as the cause. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hears of one call. Fields and trailers are names and values in turn, as received, a byte a character. What
 * it throws ends the call.
 */
export interface ForwardSink {
  /** An interim answer (RFC 9110, section 15.2), never 101. */
  interim?(status: number, fields: string[]): void;
  /** The final answer begins. The reason phrase is empty where there is none that may be repeated. */
  head(status: number, fields: string[], reason: string): void;
  /** After {@link ForwardHandle.pause} too: what had been read already. */
  data(chunk: Buffer): void;
  /** The answer is complete by its framing. Nothing follows. */
  end(trailers: string[]): void;
  /** There is no whole answer. Nothing follows. */
  fail(error: ForwardError): void;
}

/** Steers one call. */
export interface ForwardHandle {
  /** Leaves the rest of the body to the network; time does not count meanwhile. */
  pause(): void;
  resume(): void;
  /** Ends the call, if it has not ended: the sink hears of it by a failure whose cause is `reason`. */
  abort(reason: unknown): void;
  /** How often it was sent again. */
  readonly retried: number;
}

/** Sent again they do no more than sent once (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'TRACE',
]);

/** More of them than anybody has to say in one call. */
const MAX_INTERIM = 100;

/** Sends one request through the pool, and tells `sink` what comes, never before it returns. */
export function forward(pool: ConnectionPool, call: ForwardCall, sink: ForwardSink): ForwardHandle {
  return new Forwarding(pool, call, sink);
}

class Forwarding implements ForwardHandle, Dispatcher.DispatchHandler, ConnectionUser, AbortWaiter {
  retried = 0;
  private controller: Dispatcher.DispatchController | undefined;
  private connection: Connection | undefined;
  private isPaused = false;
  private hasBegun = false;
  private hasAnswered = false;
  private isOver = false;
  /** Whether whoever made the call has no handle of it yet. */
  private isNew = true;
  private interims = 0;
  private readonly watch: AbortWatch | undefined;
  private readonly place: AbortPlace | undefined;

  private readonly time: PhaseTimer;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly call: ForwardCall,
    private readonly sink: ForwardSink,
  ) {
    this.time = new PhaseTimer(call.timeouts, (phase) => {
      this.fail(new ForwardError('timeout', undefined, phase));
    });
    const { signal } = call;
    if (signal?.aborted) {
      this.abort(signal.reason);
    } else {
      if (signal) {
        this.watch = AbortWatch.of(signal);
        this.place = this.watch.add(this);
      }
      this.time.enter('connect');
      this.send();
    }
    this.isNew = false;
  }

  pause(): void {
    if (this.isOver || this.isPaused) return;
    this.isPaused = true;
    if (this.hasAnswered) this.hold();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.time.release();
    this.connection?.release();
  }

  abort(reason: unknown): void {
    this.fail(new ForwardError('aborted', reason));
  }

  aborted(reason: unknown): void {
    this.abort(reason);
  }

  connected(connection: Connection): void {
    this.connection = connection;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver) {
      controller.abort(new Error('nobody waits for it any more'));
      return;
    }
    this.controller = controller;
    expectConnection(this);
    this.time.enter('head');
  }

  /** The first byte of an answer has come. */
  onResponseStarted(): void {
    this.hasBegun = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason = '',
  ): void {
    if (this.isOver) return;
    const fields = textsOf(controller.rawHeaders);
    if (status < 200) {
      if (status < 100 || ++this.interims > MAX_INTERIM) {
        this.fail(new ForwardError('invalid', new Error('interim answers without end')));
        return;
      }
      this.sink.interim?.(status === CONTINUE_IS_TOLD_AS ? 100 : status, fields);
      return;
    }
    if (!isPlainlyCoded(fields)) {
      this.fail(new ForwardError('invalid', new Error('a transfer coding that nobody asked for')));
      return;
    }
    this.hasAnswered = true;
    this.time.enter('idle');
    if (this.isPaused) this.hold();
    this.sink.head(status, fields, /^[\t\x20-\x7e]*$/.test(reason) ? reason : '');
    // These have no body, whatever their Content-Length says of another answer (RFC 9110, 8.6).
    if (status === 204 || status === 304) this.complete([]);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    this.time.progress();
    this.sink.data(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.complete(textsOf(controller.rawTrailers));
  }

  onResponseError(_controller: unknown, cause: Error): void {
    if (this.isOver) return;
    const failure = this.failureOf(cause);
    if (this.mayRepeat(failure)) {
      this.retried++;
      this.connection = this.controller = undefined;
      this.time.enter('connect');
      // Not while undici still has the one before in hand.
      queueMicrotask(() => {
        if (!this.isOver) this.send();
      });
      return;
    }
    this.fail(
      new ForwardError(failure, cause, failure === 'timeout' ? this.time.current : undefined),
    );
  }

  private send(): void {
    const { origin, otherOrigins = [], path, method, fields } = this.call;
    const at = this.retried % (otherOrigins.length + 1);
    const to = at === 0 ? origin : (otherOrigins[at - 1] as string);
    // It throws nothing: what cannot be sent is an error of the call.
    this.pool.dispatch({ origin: to, path, method, headers: fields }, this);
  }

  private failureOf({ code }: NodeJS.ErrnoException): ForwardFailure {
    if (this.hasAnswered) return 'truncated';
    switch (code) {
      case 'ECONNREFUSED':
        return 'refused';
      case 'UND_ERR_CONNECT_TIMEOUT':
        return 'timeout';
      case 'UND_ERR_INVALID_ARG':
      case 'UND_ERR_NOT_SUPPORTED':
        return 'unsendable';
      case 'UND_ERR_SOCKET':
      case 'EPIPE':
        return 'closed';
      default:
        return this.controller === undefined ? 'unreachable' : 'invalid';
    }
  }

  private mayRepeat(failure: ForwardFailure): boolean {
    if (this.retried >= (this.call.retries ?? 0) || !IDEMPOTENT.has(this.call.method)) return false;
    if (failure === 'refused') return true;
    return failure === 'closed' && !this.hasBegun && (this.connection?.isReused ?? true);
  }

  private complete(trailers: string[]): void {
    if (this.isOver) return;
    this.finish();
    this.sink.end(trailers);
  }

  private fail(error: ForwardError): void {
    if (this.isOver) return;
    this.finish();
    this.controller?.abort(error);
    if (this.isNew) queueMicrotask(() => this.sink.fail(error));
    else this.sink.fail(error);
  }

  private finish(): void {
    this.isOver = true;
    this.time.stop();
    if (this.place) this.watch?.delete(this.place);
    this.connection?.release();
  }

  private hold(): void {
    this.connection?.hold();
    this.time.hold();
  }
}

/** Raw fields of undici as text, a byte a character. */
function textsOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  const texts: string[] = [];
  for (const piece of raw) texts.push(typeof piece === 'string' ? piece : piece.toString('latin1'));
  return texts;
}

/** Codings that make other bytes of a body; what is no coding at all leaves it as it is. */
const CODED = /(?:^|[\s,])(?:x-)?(?:gzip|deflate|compress)[\s,;]*(?:,|$)/i;

/**
 * Whether the body is itself once its chunks are put together: no other coding has been offered (RFC 9112,
 * section 6.1), and the field that would tell of it goes no further.
 */
export function isPlainlyCoded(fields: readonly string[]): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (name.length !== 17 || name.toLowerCase() !== 'transfer-encoding') continue;
    if (CODED.test(fields[at + 1] as string)) return false;
  }
  return true;
}
