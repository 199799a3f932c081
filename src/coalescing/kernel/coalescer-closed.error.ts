import { CoalescingError } from './coalescing.error.js';

/** The coalescer was closed (the application shuts down): nothing flies any more. */
export class CoalescerClosedError extends CoalescingError {
  override readonly name = 'CoalescerClosedError';
  readonly code = 'BREAKWATER_COALESCER_CLOSED';

  constructor(
    /** Name of the coalescer. */
    readonly coalescer: string,
    /** What {@link Coalescer.close} was told, as `cause`. */
    reason?: unknown,
  ) {
    super(`Coalescer "${coalescer}" is closed`, { cause: reason });
  }
}
