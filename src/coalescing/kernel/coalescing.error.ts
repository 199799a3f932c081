/** What every error of coalescing is an instance of. */
export abstract class CoalescingError extends Error {
  /** Stable identification, `BREAKWATER_…`. */
  abstract readonly code: string;
}

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

/** The coalescer was closed (the application shuts down): it runs nothing any more. */
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

/** A value cannot be shared in the way that `shareAs` demands. */
export class UnshareableValueError extends CoalescingError {
  override readonly name = 'UnshareableValueError';
  readonly code = 'BREAKWATER_UNSHAREABLE_VALUE';

  constructor(
    /** What stands in the way. */
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`The value cannot be shared: ${detail}`, options);
  }
}
