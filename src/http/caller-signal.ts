import type { ServerResponse } from 'node:http';
import { contextOf } from './request-context.js';

/** The caller closed the connection before it had its answer. */
export class CallerGoneError extends Error {
  readonly code = 'BREAKWATER_CALLER_GONE';

  constructor() {
    super('the caller closed the connection');
    this.name = 'AbortError';
  }
}

type Listener = Parameters<AbortSignal['addEventListener']>[1];

const SIGNAL = Symbol('breakwater:caller-signal');

type Signalled = ServerResponse & { [SIGNAL]?: CallerSignal };

/**
 * Aborts when the connection closes before the answer has been written whole. There is one for each
 * caller who waits, and an `AbortController` takes 3.5 µs and 830 bytes on Node 20. It does what an
 * `AbortSignal` does, but is none by birth: `fetch()` and `AbortSignal.any()` do not take it.
 */
class CallerSignal implements AbortSignal {
  reason: unknown = undefined;
  onabort: AbortSignal['onabort'] = null;
  private listener: Listener | undefined;
  /** Beside {@link listener}: few callers have more than one. */
  private others: Listener[] | undefined;

  get aborted(): boolean {
    return this.reason !== undefined;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(type: string, listener: Listener): void {
    if (type !== 'abort' || this.aborted) return;
    if (this.listener === undefined) this.listener = listener;
    else if (this.listener !== listener) (this.others ??= []).push(listener);
  }

  removeEventListener(type: string, listener: Listener): void {
    if (type !== 'abort') return;
    if (this.listener === listener) this.listener = undefined;
    else this.others = this.others?.filter((other) => other !== listener);
  }

  dispatchEvent(event: Event): boolean {
    const listeners = [this.listener, ...(this.others ?? [])];
    this.listener = undefined;
    this.others = undefined;
    this.onabort?.(event);
    for (const listener of listeners) {
      if (typeof listener === 'function') listener.call(this, event);
      else listener?.handleEvent(event);
    }
    return true;
  }

  abort(): void {
    if (this.aborted) return;
    this.reason = new CallerGoneError();
    this.dispatchEvent(new Event('abort'));
  }
}

/** A signal that aborts when the connection closes before `response` has been written whole. */
export function callerSignal(response: ServerResponse): AbortSignal {
  const caller = new CallerSignal();
  if (response.destroyed) {
    caller.abort();
  } else {
    (response as Signalled)[SIGNAL] = caller;
    // Whoever has given the request its context tells of its end as well.
    if (contextOf(response.req) === undefined) response.on('close', onClose);
  }
  return caller;
}

/** Aborts the signal of a response that has closed, unless it was written whole. */
export function abortUnfinished(response: ServerResponse): void {
  if (!response.writableFinished) (response as Signalled)[SIGNAL]?.abort();
}

/** One for all responses: a closure for each would be made millions of times. */
function onClose(this: ServerResponse): void {
  abortUnfinished(this);
}
