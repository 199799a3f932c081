import { CoalescingError } from './coalescing.error.js';

/** One caller waited for its own `timeoutMs` and left; the others on the flight are unaffected. */
export class CallerTimeoutError extends CoalescingError {
  override readonly name = 'CallerTimeoutError';
  readonly code = 'BREAKWATER_CALLER_TIMEOUT';

  constructor(
    /** Name of the coalescer. */
    readonly coalescer: string,
    /** How long the caller was ready to wait, in milliseconds. */
    readonly timeoutMs: number,
  ) {
    super(`The caller of coalescer "${coalescer}" gave up after ${timeoutMs} ms`);
  }
}
