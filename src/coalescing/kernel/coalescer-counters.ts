/** Totals since the coalescer was made. */
export interface CoalescerCounters {
  /** Flights started or queued, for whatever reason. */
  readonly led: number;
  /** Calls that shared a flight of another caller. */
  readonly joined: number;
  /** Flights that ended with their loader's value. */
  readonly succeeded: number;
  /** Flights that ended with their loader's error. */
  readonly failed: number;
  /** Flights aborted because every caller had left. */
  readonly aborted: number;
  /** Flights that ran into `flightTimeoutMs`. */
  readonly timedOut: number;
  /** Flights answered by another flight of their key (takeover). */
  readonly superseded: number;
  /** Calls refused by a bound. */
  readonly overloaded: number;
  /** Callers that left by their own signal. */
  readonly callersAborted: number;
  /** Callers that left by their own `timeoutMs`. */
  readonly callersTimedOut: number;
  /** Successors started beside a hung flight. */
  readonly takenOver: number;
  /** Flights started again after an error (`onError: 'retry-once'`). */
  readonly retried: number;
  /** Flights made unjoinable by `forget` or `forgetAll`. */
  readonly forgotten: number;
  /** Calls refused because they would have waited for themselves. */
  readonly selfJoins: number;
}
