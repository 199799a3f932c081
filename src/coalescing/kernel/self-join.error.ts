import { CoalescingError } from './coalescing.error.js';

/**
 * A loader asked for a key whose flight waits, directly or through other flights, for that very
 * loader. Waiting would never end, so the call that would close the circle fails at once.
 */
export class SelfJoinError extends CoalescingError {
  override readonly name = 'SelfJoinError';
  readonly code = 'BREAKWATER_SELF_JOIN';

  constructor(
    /** Name of the coalescer. */
    readonly coalescer: string,
    /** Hash of the key asked for, as in {@link FlightInfo.keyHash}. */
    readonly keyHash: string,
  ) {
    super(
      `A loader of coalescer "${coalescer}" would wait for itself: it asked for key #${keyHash}, ` +
        'whose flight cannot end before this loader does',
    );
  }
}
