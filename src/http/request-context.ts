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

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Remembers `context` for as long as the request lives. */
export function attachContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}

/** The context of a request; undefined in an application that does not attach any. */
export function contextOf(request: IncomingMessage): RequestContext | undefined {
  return contexts.get(request);
}
