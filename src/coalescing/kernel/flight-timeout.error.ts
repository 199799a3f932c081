import { CoalescingError } from './coalescing.error.js';

/** A flight did not end within `flightTimeoutMs`. Everyone on it gets this error; its key is free. */
export class FlightTimeoutError extends CoalescingError {
  override readonly name = 'FlightTimeoutError';
  readonly code = 'BREAKWATER_FLIGHT_TIMEOUT';

  constructor(
    /** Name of the coalescer. */
    readonly coalescer: string,
    /** The bound that was exceeded, in milliseconds. */
    readonly timeoutMs: number,
  ) {
    super(`The flight of coalescer "${coalescer}" did not end within ${timeoutMs} ms`);
  }
}
