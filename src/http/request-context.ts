import type { IncomingMessage } from 'node:http';

/** What the service knows of one request beside its bytes. */
export interface RequestContext {
  /** Taken from `x-request-id`, or made. */
  readonly id: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Why the answer is an error, for the log alone. */
  cause?: string;
}

/** On the request itself: a weak map of millions of short-lived keys costs the garbage collector. */
const CONTEXT = Symbol('breakwater:request-context');

type Marked = IncomingMessage & { [CONTEXT]?: RequestContext };

/** Remembers `context` for as long as the request lives. */
export function attachContext(request: IncomingMessage, context: RequestContext): void {
  (request as Marked)[CONTEXT] = context;
}

/** The context of a request; undefined in an application that does not attach any. */
export function contextOf(request: IncomingMessage): RequestContext | undefined {
  return (request as Marked)[CONTEXT];
}
