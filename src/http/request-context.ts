import type { IncomingMessage } from 'node:http';
import { requestIdFrom } from './request-id.js';

/** How an answer came about: from memory or disk, from a flight, or by a call of its own. */
export type Served = 'hit' | 'stale' | 'miss' | 'collapsed' | 'bypass';

/** The call of the backend that a request has caused or shared. */
export interface LoggedCall {
  readonly flightId: string;
  readonly traceId: string;
}

/** What is known of one request beside its bytes. */
export class RequestContext {
  /** Monotonic milliseconds. */
  readonly startedAt = performance.now();
  /** Why the answer is an error, for the log alone. */
  cause: string | undefined = undefined;
  /** How the cache has served it, for the log alone. */
  served: Served | undefined = undefined;
  /** The call of the backend that it has caused or shared, for the log alone. */
  call: LoggedCall | undefined = undefined;
  /** Whether an answer by 5xx is one that somebody should look at. */
  isTrouble = true;
  private known: string | undefined = undefined;

  /**
   * Its id: taken from `x-request-id`, or made, when it is first asked for. That is when the answer is
   * written, so that thousands who wait hold none.
   */
  idOf(request: IncomingMessage): string {
    return (this.known ??= requestIdFrom(request.headers['x-request-id']));
  }
}

/** On the request itself: a weak map of millions of short-lived keys costs the garbage collector. */
const CONTEXT = Symbol('breakwater:request-context');

type Marked = IncomingMessage & { [CONTEXT]?: RequestContext };

/** Gives `request` a context, for as long as it lives. */
export function attachContext(request: IncomingMessage): void {
  (request as Marked)[CONTEXT] = new RequestContext();
}

/** The context of a request; undefined in an application that does not attach any. */
export function contextOf(request: IncomingMessage): RequestContext | undefined {
  return (request as Marked)[CONTEXT];
}
