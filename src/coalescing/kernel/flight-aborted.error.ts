import { CoalescingError } from './coalescing.error.js';

/** Why a flight was ended before its loader. */
export type FlightAbortCause = 'abandoned' | 'superseded';

/**
 * The reason on a flight's signal when nobody needs its result any more: all callers have left
 * (`abandoned`), or another flight of the same key answered them (`superseded`). No caller gets it.
 */
export class FlightAbortedError extends CoalescingError {
  override readonly name = 'FlightAbortedError';
  readonly code = 'BREAKWATER_FLIGHT_ABORTED';

  constructor(
    /** Name of the coalescer. */
    readonly coalescer: string,
    /** Why nobody needs the result. */
    readonly why: FlightAbortCause,
  ) {
    super(`The flight of coalescer "${coalescer}" was ${why}`);
  }
}
