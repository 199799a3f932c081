import type { IncomingMessage } from 'node:http';

const MAX_LOGGED_TARGET = 256;

/** What is known of a request beside its head and its answer's status. */
export interface RequestFacts {
  readonly cause?: string | undefined;
  readonly served?: string | undefined;
  readonly route?: string | undefined;
  readonly flight?: string | undefined;
  readonly call?:
    | {
        readonly flightId: string;
        readonly traceId: string;
        readonly backendMs?: number | undefined;
      }
    | undefined;
}

/** What the log says of one request. */
export class RequestLine {
  readonly requestId: string;
  readonly method: string | undefined;
  readonly target: string | undefined;
  /** Path of the route that has it, as declared. Left out where none has. */
  readonly route?: string;
  readonly status: number | 'aborted';
  /** Left out where no cache was asked. */
  readonly served?: string;
  /** Its part in a flight. Left out where it was on none. */
  readonly flight?: string;
  /** Left out, with what comes after it, where no call of the backend was involved. The backend was told both. */
  readonly flightId?: string;
  readonly traceId?: string;
  /** Of a call that has ended. */
  readonly backendMs?: number;
  readonly durationMs: number;
  readonly cause?: string;

  constructor(
    requestId: string,
    { method, url }: Pick<IncomingMessage, 'method' | 'url'>,
    status: number | 'aborted',
    durationMs: number,
    { cause, served, route, flight, call }: RequestFacts = {},
  ) {
    this.requestId = requestId;
    this.method = method;
    this.target = url?.slice(0, MAX_LOGGED_TARGET);
    if (route !== undefined) this.route = route;
    this.status = status;
    if (served !== undefined) this.served = served;
    if (flight !== undefined) this.flight = flight;
    if (call !== undefined) {
      this.flightId = call.flightId;
      this.traceId = call.traceId;
      // What another process has told may be anything.
      if (typeof call.backendMs === 'number') this.backendMs = call.backendMs;
    }
    this.durationMs = Math.round(durationMs);
    if (cause !== undefined) this.cause = cause;
  }

  /** For people: `GET /products?productId=7 200 hit 2 ms`. */
  get summary(): string {
    const { cause, method, target } = this;
    const text = `${method} ${escaped(target ?? '')}${this.ending.summary}`;
    return cause === undefined ? text : `${text}: ${escaped(cause)}`;
  }

  /**
   * Its members as JSON, with a message, in front of which a logger puts its own. Id and method are of
   * characters that need no escape there: half the cost is saved.
   */
  toText(context: string): string {
    const { requestId, method } = this;
    const target = escaped(this.target ?? '');
    return `"message":"${method} ${target}${this.ending.summary}","context":"${context}","requestId":"${requestId}","method":"${method}","target":"${target}"${this.outcome()}`;
  }

  /** How it ended, and what is told of a call of the backend and of what went wrong. */
  private outcome(): string {
    const { cause, flight, flightId, traceId, backendMs, ending } = this;
    if (cause === undefined && flightId === undefined && flight === undefined)
      return ending.members;
    const role = flight === undefined ? '' : `,"flight":"${flight}"`;
    const call =
      flightId === undefined
        ? ''
        : `,"flightId":${JSON.stringify(flightId)},"traceId":${JSON.stringify(traceId)}`;
    const took = backendMs === undefined ? '' : `,"backendMs":${backendMs}`;
    const why = cause === undefined ? '' : `,"cause":${JSON.stringify(cause)}`;
    return `${ending.outcome}${role}${call}${took}${ending.duration}${why}`;
  }

  private get ending(): Ending {
    const { status, served, route, durationMs } = this;
    const isSame = last.status === status && last.served === served && last.route === route;
    if (!isSame || last.durationMs !== durationMs) {
      last = endingOf(status, served, route, durationMs);
    }
    return last;
  }
}

/** How a request ended, in the words of its line. */
interface Ending {
  readonly status: RequestLine['status'];
  readonly served: string | undefined;
  readonly route: string | undefined;
  readonly durationMs: number;
  readonly summary: string;
  readonly outcome: string;
  readonly duration: string;
  /** Both. */
  readonly members: string;
}

/** Kept, as hits that come one after the other end alike: a third of what a line takes is saved. */
let last = endingOf(200, 'hit', undefined, 0);

function endingOf(
  status: RequestLine['status'],
  served: string | undefined,
  route: string | undefined,
  durationMs: number,
): Ending {
  const how = served === undefined ? '' : `,"served":"${served}"`;
  const where = route === undefined ? '' : `,"route":${JSON.stringify(route)}`;
  const outcome = `${where},"status":${typeof status === 'number' ? status : `"${status}"`}${how}`;
  const duration = `,"durationMs":${durationMs}`;
  return {
    ...{ status, served, route, durationMs, outcome, duration, members: outcome + duration },
    summary: ` ${status}${served === undefined ? '' : ` ${served}`} ${durationMs} ms`,
  };
}

/** Text that JSON leaves as it is, as most targets are. */
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;

/** What stands between the quotes where `text` is JSON. */
function escaped(text: string): string {
  return NEEDS_NO_ESCAPE.test(text) ? text : JSON.stringify(text).slice(1, -1);
}
