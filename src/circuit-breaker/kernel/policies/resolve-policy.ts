import {
  InvalidOptionError,
  OptionReader,
  anything,
  numberAbove,
  timerMs,
  wholeNumber,
} from '../../../ground/index.js';
import type { OptionRule } from '../../../ground/index.js';
import type {
  ConsecutivePolicyOptions,
  CountWindowPolicyOptions,
  PolicyOptions,
  ResolvedPolicyOptions,
  TimeWindowPolicyOptions,
} from './policy-options.js';

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

export const COUNT_WINDOW_POLICY = new OptionReader<CountWindowPolicyOptions>({
  kind: anything,
  size: wholeNumber(1, LARGEST_WINDOW),
  ...RATES,
});

export const TIME_WINDOW_POLICY = new OptionReader<TimeWindowPolicyOptions>({
  kind: anything,
  windowMs: timerMs(1),
  buckets: wholeNumber(1),
  ...RATES,
});

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
      const window = { windowMs: 10_000, buckets: 10, minimumCalls: 10, ...NO_SLOW_CALLS };
      return TIME_WINDOW_POLICY.read(options, path, { kind: options.kind, ...window });
    }
    default: {
      const expected = "'consecutive', 'count-window' or 'time-window'";
      const { kind } = options as { readonly kind?: unknown };
      throw new InvalidOptionError(`${path}.kind`, kind, expected);
    }
  }
}

const NO_SLOW_CALLS = { rate: 0.5, slowCallMs: Infinity, slowRate: 1 };
