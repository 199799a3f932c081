import type { Dispatcher } from 'undici';
import { AbortWatch } from '../ground/index.js';
import type { AbortPlace, AbortWaiter } from '../ground/index.js';
import type { AnswerHeaders } from './backend-answer.js';
import type { TransportAnswer } from './backend-transport.js';
import { BackendTimeoutError } from './backend.errors.js';
import { SMALL_BYTES } from './bodies-in-flight.js';
import type { BodiesInFlight } from './bodies-in-flight.js';
import { targetOf } from './request-target.js';

/** The body of an answer is larger than is accepted. What is left of it is not read. */
export class BodyTooLargeError extends Error {
  readonly code = 'BREAKWATER_BODY_TOO_LARGE';

  constructor(
    /** The largest that is accepted, in bytes. */
    readonly maxBytes: number,
  ) {
    super(`body of over ${maxBytes} bytes`);
  }
}

/** What ends a call before its answer is there: its deadline, or its caller. */
export class CallBounds implements AbortWaiter {
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly watch: AbortWatch | undefined;
  private readonly place: AbortPlace | undefined;

  /**
   * @param timeoutMs time until the deadline, in milliseconds; `undefined` for none
   * @param end told why the call is over, once at most, and never after {@link release}
   */
  constructor(
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    private readonly end: (reason: Error) => void,
  ) {
    if (signal) {
      this.watch = AbortWatch.of(signal);
      this.place = this.watch.add(this);
    }
    if (timeoutMs !== undefined) this.timer = setTimeout(this.giveUp, timeoutMs, timeoutMs);
  }

  /** The call is over by itself. */
  release(): void {
    clearTimeout(this.timer);
    if (this.place) this.watch?.delete(this.place);
  }

  /** Its caller has left. */
  aborted(reason: unknown): void {
    this.release();
    this.end(reason as Error);
  }

  private readonly giveUp = (timeoutMs: number): void => {
    this.release();
    this.end(new BackendTimeoutError(timeoutMs));
  };
}

/** One request, and what bounds its answer. */
export interface ExchangeOptions {
  /** The path is sent as it is. */
  readonly url: string;
  /** Put before a `url` that is not absolute. @default '' */
  readonly baseUrl?: string | undefined;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | null;
  /** Ends the exchange, with its reason. */
  readonly signal?: AbortSignal;
  /** Longest wait for the complete answer, in milliseconds. @default unbounded */
  readonly timeoutMs?: number;
  /** Largest body that is accepted, in bytes. */
  readonly maxBodyBytes: number;
  /** Counts what comes, and bounds it. */
  readonly bodies: BodiesInFlight;
}

/**
 * Sends one request through the pool, and resolves to the whole answer. What ends it early closes its
 * connection: nothing of an answer is ever left in one that is used again.
 *
 * @throws {BackendTimeoutError} · {@link BodyTooLargeError} · the signal's reason · what undici says
 */
export function exchange(pool: Dispatcher, options: ExchangeOptions): Promise<TransportAnswer> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    const { origin, path } = targetOf(options.url, options.baseUrl);
    pool.dispatch(
      {
        origin,
        path,
        method: options.method ?? 'GET',
        headers: options.headers,
        body: options.body,
      },
      new Exchange(options, resolve, reject),
    );
  });
}

/** Takes in what the pool tells of one request. */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly maxBodyBytes: number;
  private readonly bodies: BodiesInFlight;
  private reserved = 0;
  private readonly bounds: CallBounds;
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: AnswerHeaders = {};
  private pieces = new BodyPieces();
  private isOver = false;

  constructor(
    { signal, timeoutMs, maxBodyBytes, bodies }: ExchangeOptions,
    private readonly resolve: (answer: TransportAnswer) => void,
    private readonly reject: (reason: Error) => void,
  ) {
    this.maxBodyBytes = maxBodyBytes;
    this.bodies = bodies;
    this.bounds = new CallBounds(signal, timeoutMs, (reason) => {
      this.fail(reason);
    });
  }

  /** A connection has been found. Again, when that had gone before it was used. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver) controller.abort(new Error('nobody waits for it any more'));
    this.controller = controller;
    this.pieces = new BodyPieces();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: AnswerHeaders,
  ): void {
    // An interim answer (RFC 9110, section 15.2): the answer is to come.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    // These have no body, whatever their Content-Length says of another answer (RFC 9110, 8.6).
    if (status === 204 || status === 304) this.complete();
    else this.expect(Number(headers['content-length'] ?? 0));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.expect(this.pieces.length + chunk.length)) this.pieces.add(chunk);
  }

  onResponseEnd(): void {
    this.complete();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** Ends the exchange early, at whatever point it is. */
  private fail(reason: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.bounds.release();
    this.bodies.release(this.reserved);
    this.reject(reason);
    this.controller?.abort(reason);
  }

  private complete(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.bounds.release();
    const { status, headers } = this;
    const body = this.pieces.whole();
    this.bodies.release(this.reserved);
    this.bodies.complete(body);
    this.resolve({ status, headers, body });
  }

  /** Whether there may be a body of so many bytes; otherwise the exchange has ended. */
  private expect(bytes: number): boolean {
    if (bytes > this.maxBodyBytes) {
      this.fail(new BodyTooLargeError(this.maxBodyBytes));
      return false;
    }
    const more = bytes - this.reserved;
    if (!(more > 0) || bytes <= SMALL_BYTES) return true;
    try {
      this.bodies.reserve(more);
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
    this.reserved = bytes;
    return true;
  }
}

/** From here on a piece is kept as it came, unless it is a small part of what it was read into. */
const LARGE_BYTES = 8_192;

/** Small pieces are copied into blocks of this size at most, and of what has come so far at least. */
const MAX_BLOCK_BYTES = 65_536;
const MIN_BLOCK_BYTES = 1_024;

const NONE = Buffer.alloc(0);

/**
 * Collects a body in the pieces that it comes in. What it holds is bounded by {@link length}: a piece is a
 * view of the 64 KiB that were read from the socket, and would keep them alive however small it is.
 */
export class BodyPieces {
  /** Bytes so far. */
  length = 0;
  private readonly pieces: Buffer[] = [];
  private block = NONE;
  /** What of the block is in use, and from where on it is not among the pieces yet. */
  private used = 0;
  private from = 0;

  add(piece: Buffer): void {
    this.length += piece.length;
    if (piece.length >= LARGE_BYTES && 2 * piece.length >= piece.buffer.byteLength) {
      this.closeRun();
      this.pieces.push(piece);
      return;
    }
    for (let at = 0; at < piece.length;) {
      if (this.used === this.block.length) this.startBlock(piece.length - at);
      const copied = piece.copy(this.block, this.used, at);
      this.used += copied;
      at += copied;
    }
  }

  /** The body, in memory of its own. */
  whole(): Buffer {
    this.closeRun();
    const [first] = this.pieces;
    // Nearly every small body comes in one piece, for which the first block is exactly large enough.
    if (first?.length === this.length && first.length === first.buffer.byteLength) return first;
    // Not from the pool that small buffers share: one of them would keep all of it.
    const body = Buffer.allocUnsafeSlow(this.length);
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(body, at);
    return body;
  }

  private startBlock(atLeast: number): void {
    this.closeRun();
    const before = this.length - atLeast;
    const size =
      before <= 0 ? atLeast : Math.max(MIN_BLOCK_BYTES, Math.min(before, MAX_BLOCK_BYTES));
    this.block = Buffer.allocUnsafeSlow(size);
    this.used = this.from = 0;
  }

  private closeRun(): void {
    if (this.used > this.from) this.pieces.push(this.block.subarray(this.from, this.used));
    this.from = this.used;
  }
}
