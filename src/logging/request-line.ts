import type { IncomingMessage } from 'node:http';

const MAX_LOGGED_TARGET = 256;

/** How an answer came about: from memory or disk, from a flight, or by a call of its own. */
export type Served = 'hit' | 'stale' | 'miss' | 'collapsed' | 'bypass';

/** The call of the backend that a request has caused or shared. */
export interface LoggedCall {
  readonly flightId: string;
  readonly traceId: string;
}

/** What the log says of one request. */
export class RequestLine {
  readonly requestId: string;
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly status: number | 'aborted';
  /** Left out where no cache was asked. */
  readonly served?: Served;
  /** Left out, with its trace, where no call of the backend was involved. The backend was told both. */
  readonly flightId?: string;
  readonly traceId?: string;
  readonly durationMs: number;
  readonly cause?: string;

  constructor(
    requestId: string,
    { method, url }: Pick<IncomingMessage, 'method' | 'url'>,
    status: number | 'aborted',
    durationMs: number,
    cause?: string,
    served?: Served,
    call?: LoggedCall,
  ) {
    this.requestId = requestId;
    this.method = method;
    this.target = url?.slice(0, MAX_LOGGED_TARGET);
    this.status = status;
    if (served !== undefined) this.served = served;
    if (call !== undefined) {
      this.flightId = call.flightId;
      this.traceId = call.traceId;
    }
    this.durationMs = Math.round(durationMs);
    if (cause !== undefined) this.cause = cause;
  }

  /** For people: `GET /products?productId=7 200 hit 2 ms`. */
  get summary(): string {
    const { cause } = this;
    const text = this.summaryOf(JSON.stringify(this.target ?? '').slice(1, -1));
    return cause === undefined ? text : `${text}: ${JSON.stringify(cause).slice(1, -1)}`;
  }

  /**
   * Its members as JSON, with a message, in front of which a logger puts its own. Id and method are of
   * characters that need no escape there: half the cost is saved.
   */
  toText(context: string): string {
    const { requestId, method, target, status, served, durationMs, cause, flightId } = this;
    const outcome = typeof status === 'number' ? status : `"${status}"`;
    const how = served === undefined ? '' : `,"served":"${served}"`;
    const call =
      flightId === undefined
        ? ''
        : `,"flightId":${JSON.stringify(flightId)},"traceId":${JSON.stringify(this.traceId)}`;
    const why = cause === undefined ? '' : `,"cause":${JSON.stringify(cause)}`;
    const escaped = JSON.stringify(target ?? '');
    const message = this.summaryOf(escaped.slice(1, -1));
    return `"message":"${message}","context":"${context}","requestId":"${requestId}","method":"${method}","target":${escaped},"status":${outcome}${how}${call},"durationMs":${durationMs}${why}`;
  }

  private summaryOf(target: string): string {
    const { method, status, served, durationMs } = this;
    return `${method} ${target} ${status}${served === undefined ? '' : ` ${served}`} ${durationMs} ms`;
  }
}
