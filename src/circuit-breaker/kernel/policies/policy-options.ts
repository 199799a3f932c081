/** Opens after `failures` failures with no success between them, in order of completion. */
export interface ConsecutivePolicyOptions {
  readonly kind: 'consecutive';
  /** @default 3 */
  readonly failures?: number | undefined;
}

/** When a window of results opens the circuit. Rates are shares from 0 (excluded) to 1 (included). */
export interface WindowRates {
  /** Share of failed calls at which the circuit opens. @default 0.5 */
  readonly rate?: number | undefined;
  /** Fewest calls in the window to judge it by. @default 10, or the size of a smaller window */
  readonly minimumCalls?: number | undefined;
  /** Milliseconds from which a call is slow. Off when left out. */
  readonly slowCallMs?: number | undefined;
  /**
   * Share of slow calls at which the circuit opens. Only together with `slowCallMs`.
   * @default 1, where `slowCallMs` is given
   */
  readonly slowRate?: number | undefined;
}

/** Opens by rate over the last `size` calls. */
export interface CountWindowPolicyOptions extends WindowRates {
  readonly kind: 'count-window';
  /** Calls in the window. @default 100 */
  readonly size?: number | undefined;
}

/** Opens by rate over the last `windowMs` milliseconds. */
export interface TimeWindowPolicyOptions extends WindowRates {
  readonly kind: 'time-window';
  /** Length of the window in milliseconds. @default 10_000 */
  readonly windowMs?: number | undefined;
  /** Steps in which the window moves on, of a millisecond or more. @default 10, or fewer in 10 ms */
  readonly buckets?: number | undefined;
}

/** When a closed circuit opens. */
export type PolicyOptions =
  ConsecutivePolicyOptions | CountWindowPolicyOptions | TimeWindowPolicyOptions;

/** {@link WindowRates} with the defaults filled in; `slowCallMs` is `Infinity` where it is off. */
export type ResolvedWindowRates = Required<WindowRates>;

/** {@link PolicyOptions} with the defaults filled in. */
export type ResolvedPolicyOptions =
  | Required<ConsecutivePolicyOptions>
  | Required<CountWindowPolicyOptions>
  | Required<TimeWindowPolicyOptions>;
