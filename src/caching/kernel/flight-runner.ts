/** What the cache tells the runner about one caller. */
export interface FlightOptions {
  /** Releases this caller, and nobody else, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long this caller waits, in milliseconds; then it is released with an error. */
  timeoutMs?: number | undefined;
  /** The flight runs to its end even if every caller leaves. */
  keepAlive?: boolean | undefined;
  /** The flight is this process's alone: what processes share, they share by the shared tier. */
  scope?: 'process' | undefined;
}

/** What the runner tells the cache about the flight that a load runs for. */
export interface RunningFlight {
  /** Aborts when nobody wants the result any more, or the flight has timed out. */
  readonly signal: AbortSignal;
  /** The result must not be stored: the flight was forgotten, overtaken or is over. */
  readonly fenced?: boolean | undefined;
  /** When it is over in any case, in milliseconds on the monotonic clock. */
  readonly deadline?: number | undefined;
}

/**
 * How a runner makes values safe to be given to several callers. The cache keeps what {@link share} has
 * given, so that who comes later gets the same as those aboard the flight.
 */
export interface FlightValueSharing {
  /**
   * `value` as it may be kept and shared. Called once for each value, before it is stored anywhere.
   *
   * @throws what its callers are to get if it cannot be shared
   */
  share<T>(value: T): T;
  /**
   * Tells that `flight`, if it ends with `outcome`, has no work with it: all in it that callers get was
   * {@link share}d before.
   */
  vouch(outcome: object, flight: RunningFlight): void;
  /** Makes what one caller gets of a shared value; absent where all get that itself. */
  readonly copy?: (<T>(value: T) => T) | undefined;
}

/**
 * What the cache needs in order to make one call for many callers. A `Coalescer` and the
 * `CoalescingService` are such runners as they are; the cache does not know them, so that each can be
 * had without the other.
 */
export interface FlightRunner {
  /**
   * Joins the flight of `key`, or starts it: registered in the same turn, before `load` is called.
   * Everybody gets the outcome of `load`, errors included.
   */
  run<T>(
    key: string,
    load: (flight: RunningFlight) => T | Promise<T>,
    options?: FlightOptions,
  ): Promise<T>;
  /**
   * Calls `load` for one caller alone, bounded as flights are. Left out, such a call is a {@link run} with
   * a key of its own.
   */
  runAlone?<T>(
    load: (flight: RunningFlight) => T | Promise<T>,
    options?: Pick<FlightOptions, 'signal' | 'timeoutMs'>,
  ): Promise<T>;
  /** Makes the flight of `key` unjoinable; those aboard still get its outcome. */
  forget(key: string): unknown;
  /** Left out, values are kept and shared as they are, and it is up to their callers not to change them. */
  readonly valueSharing?: FlightValueSharing | undefined;
}
