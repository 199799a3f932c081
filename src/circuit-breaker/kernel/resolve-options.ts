import {
  InvalidOptionError,
  OptionReader,
  flag,
  group,
  numberAbove,
  oneOf,
  orElse,
  timerMs,
  wholeNumber,
} from '../../ground/index.js';
import type { OptionRule } from '../../ground/index.js';
import type {
  CircuitBreakerOptions,
  ResolvedCircuitBreakerOptions,
} from './circuit-breaker-options.interface.js';
import type { BackoffOptions } from './cooldown.js';
import { aPolicy, resolvePolicy } from './policies/resolve-policy.js';

export const CIRCUIT_BACKOFF = new OptionReader<BackoffOptions>({
  factor: numberAbove(1),
  maxMs: timerMs(1),
  decayMs: timerMs(1),
});

/** Rules may be the methods of an object that has more than them. */
const aClassifier: OptionRule = {
  check(value, path, name) {
    const rules = Object(value) as Readonly<Record<string, unknown>>;
    for (const rule of ['error', 'answer']) {
      const own = rules[rule];
      if (own === undefined || typeof own === 'function') continue;
      throw new InvalidOptionError(`${path}.${name}.${rule}`, own, 'a function');
    }
    if (typeof value !== 'object' || value === null) {
      throw new InvalidOptionError(`${path}.${name}`, value, 'an object with error or answer');
    }
  },
};

export const SHADOW_OPTIONS = new OptionReader<Omit<CircuitBreakerOptions, 'shadow'>>({
  policy: aPolicy,
  cooldownMs: timerMs(1),
  backoff: group(CIRCUIT_BACKOFF),
  maxRetryAfterMs: timerMs(0),
  probes: wholeNumber(1),
  successesToClose: wholeNumber(1),
  probeTimeoutMs: timerMs(1),
  rampMs: timerMs(0),
  timeoutToleranceMs: orElse(false, timerMs(0)),
  clientErrors: oneOf('success', 'neutral'),
  classifier: aClassifier,
  evidenceSize: wholeNumber(0),
  shared: flag,
});

export const CIRCUIT_OPTIONS = new OptionReader<CircuitBreakerOptions>({
  ...SHADOW_OPTIONS.rules,
  shadow: group(SHADOW_OPTIONS),
});

const DEFAULTS = {
  cooldownMs: 5_000,
  maxRetryAfterMs: 0,
  probes: 1,
  successesToClose: 1,
  probeTimeoutMs: 10_000,
  rampMs: 0,
  timeoutToleranceMs: 100,
  clientErrors: 'success',
  evidenceSize: 16,
  shared: undefined,
} as const;

/** Options that were resolved once, so that thousands of circuits can share one frozen object. */
const resolvedBefore = new WeakSet<object>();

/**
 * Checks, completes and freezes the options of a circuit.
 * @param path what the options are called in errors
 * @throws InvalidOptionError quoting the path and the value that cannot work
 */
export function resolveOptions(
  given: CircuitBreakerOptions,
  path = 'options',
): ResolvedCircuitBreakerOptions {
  if (resolvedBefore.has(given)) return given as ResolvedCircuitBreakerOptions;
  const read = CIRCUIT_OPTIONS.read(given, path, DEFAULTS);
  const { policy = { kind: 'consecutive' }, backoff, timeoutToleranceMs, classifier } = given;
  const resolved = Object.freeze<ResolvedCircuitBreakerOptions>({
    ...read,
    policy: resolvePolicy(policy, `${path}.policy`),
    backoff: backoff && resolveBackoff(backoff, read.cooldownMs, `${path}.backoff`),
    timeoutToleranceMs: timeoutToleranceMs === false ? Infinity : read.timeoutToleranceMs,
    classifier: Object.freeze({
      error: classifier?.error?.bind(classifier),
      answer: classifier?.answer?.bind(classifier),
    }),
    shadow: resolveShadow(given, `${path}.shadow`),
  });
  resolvedBefore.add(resolved);
  return resolved;
}

function resolveBackoff(
  options: BackoffOptions,
  cooldownMs: number,
  path: string,
): Required<BackoffOptions> {
  CIRCUIT_BACKOFF.demand(options, path, 'maxMs');
  const { maxMs } = options;
  if (maxMs < cooldownMs) {
    const expected = `a number of milliseconds ≥ cooldownMs (${cooldownMs})`;
    throw new InvalidOptionError(`${path}.maxMs`, maxMs, expected);
  }
  return Object.freeze(CIRCUIT_BACKOFF.read(options, path, { factor: 2, maxMs, decayMs: maxMs }));
}

function resolveShadow(
  live: CircuitBreakerOptions,
  path: string,
): ResolvedCircuitBreakerOptions | undefined {
  const { shadow, ...rest } = live;
  return shadow && resolveOptions({ ...rest, ...shadow }, path);
}
