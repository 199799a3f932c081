import type { ServerResponse } from 'node:http';

/** The caller closed the connection before it had its answer. */
export class CallerGoneError extends Error {
  readonly code = 'BREAKWATER_CALLER_GONE';

  constructor() {
    super('the caller closed the connection');
    this.name = 'AbortError';
  }
}

/** A signal that aborts when the connection closes before `response` has been written whole. */
export function callerSignal(response: ServerResponse): AbortSignal {
  const caller = new AbortController();
  if (response.destroyed) caller.abort(new CallerGoneError());
  else {
    response.once('close', () => {
      if (!response.writableFinished) caller.abort(new CallerGoneError());
    });
  }
  return caller.signal;
}
