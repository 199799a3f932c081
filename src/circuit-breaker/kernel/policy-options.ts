import {
  InvalidOptionError,
  OptionReader,
  anything,
  numberAbove,
  timerMs,
  wholeNumber,
} from '../../ground/index.js';
import type { OptionRule } from '../../ground/index.js';

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

/** Results are kept as one byte each. */
const LARGEST_WINDOW = 10_000_000;

const RATES = {
  rate: numberAbove(0, 1),
  minimumCalls: wholeNumber(1),
  slowCallMs: timerMs(0),
  slowRate: numberAbove(0, 1),
};

export const CONSECUTIVE_POLICY = new OptionReader<ConsecutivePolicyOptions>({
  kind: anything,
  failures: wholeNumber(1),
});

function relateRates({ slowRate, slowCallMs }: WindowRates, path: string): void {
  if (slowRate === undefined || slowCallMs !== undefined) return;
  const expected = 'left out, or have slowCallMs beside it: without that no call is slow';
  throw new InvalidOptionError(`${path}.slowRate`, slowRate, expected);
}

export const COUNT_WINDOW_POLICY = new OptionReader<CountWindowPolicyOptions>(
  { kind: anything, size: wholeNumber(1, LARGEST_WINDOW), ...RATES },
  relateRates,
);

export const TIME_WINDOW_POLICY = new OptionReader<TimeWindowPolicyOptions>(
  { kind: anything, windowMs: timerMs(1), buckets: wholeNumber(1), ...RATES },
  relateRates,
);

/** A policy: by its kind. */
export const aPolicy: OptionRule = {
  check(value, path, name) {
    resolvePolicy(value as PolicyOptions, `${path}.${name}`);
  },
};

/**
 * Checks, completes and freezes the options of a policy.
 * @throws InvalidOptionError
 */
export function resolvePolicy(options: PolicyOptions, path: string): ResolvedPolicyOptions {
  return Object.freeze(resolved(options, path));
}

function resolved(given: PolicyOptions, path: string): ResolvedPolicyOptions {
  const options = Object(given) as PolicyOptions;
  switch (options.kind) {
    case 'consecutive':
      return CONSECUTIVE_POLICY.read(options, path, { kind: options.kind, failures: 3 });
    case 'count-window': {
      const { size } = COUNT_WINDOW_POLICY.read(options, path, { size: 100 });
      const rates = { ...NO_SLOW_CALLS, minimumCalls: Math.min(10, size) };
      const policy = COUNT_WINDOW_POLICY.read(options, path, {
        kind: options.kind,
        size,
        ...rates,
      });
      if (policy.minimumCalls > size) {
        const expected = `at most the size of the window (${size})`;
        throw new InvalidOptionError(`${path}.minimumCalls`, policy.minimumCalls, expected);
      }
      return policy;
    }
    case 'time-window': {
      const { windowMs } = TIME_WINDOW_POLICY.read(options, path, { windowMs: 10_000 });
      const most = Math.floor(windowMs);
      const window = { windowMs, buckets: Math.min(10, most), minimumCalls: 10, ...NO_SLOW_CALLS };
      const policy = TIME_WINDOW_POLICY.read(options, path, { kind: options.kind, ...window });
      if (policy.buckets > most) {
        const expected = `at most the milliseconds of the window (${most})`;
        throw new InvalidOptionError(`${path}.buckets`, policy.buckets, expected);
      }
      return policy;
    }
    default: {
      const expected = "'consecutive', 'count-window' or 'time-window'";
      const { kind } = options as { readonly kind?: unknown };
      throw new InvalidOptionError(`${path}.kind`, kind, expected);
    }
  }
}

const NO_SLOW_CALLS = { rate: 0.5, slowCallMs: Infinity, slowRate: 1 };
