import { CircuitOptionsError } from '../circuit-options-error.js';
import { OptionReader } from '../option-reader.js';
import type {
  ConsecutivePolicyOptions,
  CountWindowPolicyOptions,
  PolicyOptions,
  ResolvedPolicyOptions,
  ResolvedWindowRates,
  TimeWindowPolicyOptions,
  WindowRates,
} from './policy-options.js';

const RATES = ['rate', 'minimumCalls', 'slowCallMs', 'slowRate'] as const;

/** Checks, completes and freezes the options of a policy. */
export function resolvePolicy(options: PolicyOptions, path: string): ResolvedPolicyOptions {
  return Object.freeze(resolved(options, path));
}

function resolved(options: PolicyOptions, path: string): ResolvedPolicyOptions {
  const { kind } = options;
  switch (kind) {
    case 'consecutive': {
      const read = new OptionReader<ConsecutivePolicyOptions>(options, path, ['kind', 'failures']);
      return { kind, failures: read.count('failures', 3, 1) };
    }
    case 'count-window': {
      const read = new OptionReader<CountWindowPolicyOptions>(options, path, [
        'kind',
        'size',
        ...RATES,
      ]);
      const size = read.count('size', 100, 1);
      const rates = resolveRates(read, Math.min(10, size), options);
      if (rates.minimumCalls > size) {
        throw new CircuitOptionsError(
          read.at('minimumCalls'),
          `at most the size of the window (${size})`,
          rates.minimumCalls,
        );
      }
      return { kind, size, ...rates };
    }
    case 'time-window': {
      const read = new OptionReader<TimeWindowPolicyOptions>(options, path, [
        'kind',
        'windowMs',
        'buckets',
        ...RATES,
      ]);
      return {
        kind,
        windowMs: read.duration('windowMs', 10_000, 1),
        buckets: read.count('buckets', 10, 1),
        ...resolveRates(read, 10, options),
      };
    }
    default:
      throw new CircuitOptionsError(
        `${path}.kind`,
        "'consecutive', 'count-window' or 'time-window'",
        kind,
      );
  }
}

function resolveRates<Options extends WindowRates>(
  read: OptionReader<Options>,
  minimumCalls: number,
  options: Options,
): ResolvedWindowRates {
  return {
    rate: read.share('rate', 0.5),
    minimumCalls: read.count('minimumCalls', minimumCalls, 1),
    slowCallMs: options.slowCallMs === undefined ? Infinity : read.duration('slowCallMs', 0, 0),
    slowRate: read.share('slowRate', 1),
  };
}
