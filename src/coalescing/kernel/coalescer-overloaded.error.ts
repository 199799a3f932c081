import { CoalescingError } from './coalescing.error.js';

/** Which bound refused the call. */
export type OverloadReason = 'max-flights' | 'max-joiners' | 'key-too-long';

/** A bound of the coalescer refused the call before it led or joined anything. */
export class CoalescerOverloadedError extends CoalescingError {
  override readonly name = 'CoalescerOverloadedError';
  readonly code = 'BREAKWATER_COALESCER_OVERLOADED';

  constructor(
    /** Name of the coalescer. */
    readonly coalescer: string,
    /** Which bound it was. */
    readonly reason: OverloadReason,
    /** When to try again, in milliseconds; `undefined` where trying again cannot help. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(`Coalescer "${coalescer}" refused the call: ${reason}`);
  }
}
