import {
  systemClock,
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
import type { Clock, OptionRule } from '../../ground/index.js';
import { silentCalls } from './circuit-calls.js';
import type { CallSink } from './circuit-calls.js';
import { silentSink } from './circuit-state.js';
import type { TransitionSink } from './circuit-state.js';
import type { ClassifierRules, ClientErrors } from './classifier.js';
import type { BackoffOptions } from './cooldown.js';
import { aPolicy, resolvePolicy } from './policy-options.js';
import type { PolicyOptions, ResolvedPolicyOptions } from './policy-options.js';
import type { SharedCircuits } from './shared-circuits.js';

/**
 * How one circuit behaves. Checked and frozen when the circuit is built.
 * @example { policy: { kind: 'consecutive', failures: 3 }, cooldownMs: 5_000 }
 */
export interface CircuitBreakerOptions {
  /** When the closed circuit opens. @default { kind: 'consecutive', failures: 3 } */
  readonly policy?: PolicyOptions | undefined;
  /** Milliseconds that the circuit stays open before it admits a probe. @default 5_000 */
  readonly cooldownMs?: number | undefined;
  /** Makes the cooldown grow from opening to opening, with jitter. Off when left out. */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * Longest cooldown, in milliseconds, that a backend may ask for by the `Retry-After` of the failure
   * that opens the circuit. It never shortens the cooldown, so
   * that one below `cooldownMs` changes nothing.
   * @default 0, which keeps the backend out of the decision
   */
  readonly maxRetryAfterMs?: number | undefined;
  /** Calls admitted at once while half-open. @default 1 */
  readonly probes?: number | undefined;
  /** Probes that must succeed for the circuit to close. @default 1 */
  readonly successesToClose?: number | undefined;
  /**
   * Milliseconds after which a probe that has not settled may be replaced by the next call; longer
   * than the timeout of the protected call.
   * @default 10_000
   */
  readonly probeTimeoutMs?: number | undefined;
  /**
   * Milliseconds over which a circuit that has closed again admits 10 % to 100 % of the calls.
   * @default 0, which admits all at once
   */
  readonly rampMs?: number | undefined;
  /**
   * A timeout whose error tells its nominal `timeoutMs` and its real `elapsedMs` gives no verdict if
   * it fired this many milliseconds late or more: this process was blocked, not the backend slow.
   * `false` counts every timeout.
   * @default 100
   */
  readonly timeoutToleranceMs?: number | false | undefined;
  /** What a 4xx says: that the backend works, or nothing at all. @default 'success' */
  readonly clientErrors?: ClientErrors | undefined;
  /** Rules asked before the ones of the library. */
  readonly classifier?: ClassifierRules | undefined;
  /** Results kept as evidence for `describe()`. @default 16 */
  readonly evidenceSize?: number | undefined;
  /**
   * Whether the instances of a cluster open and close the circuit together. Without a cluster, and
   * with `false`, each instance is on its own.
   * @default true
   */
  readonly shared?: boolean | undefined;
  /**
   * A candidate that sees the same calls and only counts what it would have done. It differs from
   * the live options by what is given here.
   */
  readonly shadow?: Omit<CircuitBreakerOptions, 'shadow'> | undefined;
}

/** {@link CircuitBreakerOptions} with the defaults filled in. */
export interface ResolvedCircuitBreakerOptions extends Required<
  Omit<CircuitBreakerOptions, 'policy' | 'backoff' | 'shadow' | 'shared' | 'timeoutToleranceMs'>
> {
  readonly policy: ResolvedPolicyOptions;
  readonly backoff: Required<BackoffOptions> | undefined;
  readonly shadow: ResolvedCircuitBreakerOptions | undefined;
  /** `undefined` as `true`. */
  readonly shared: boolean | undefined;
  /** `Infinity` where every timeout counts. */
  readonly timeoutToleranceMs: number;
}

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

/** What a circuit needs from outside. */
export interface CircuitPorts {
  /** Where time is read; nothing is ever scheduled. */
  readonly clock: Clock;
  /** Uniform numbers from 0 (included) to 1 (excluded), for jitter and ramps. */
  readonly random: () => number;
  /** Where transitions are told. */
  readonly transitions: TransitionSink;
  /** Where it is told what becomes of calls. */
  readonly calls: CallSink;
  /** Name under which a circuit is counted. @default its own */
  readonly family?: string | undefined;
  /** The other instances, if there are any to take part with. */
  readonly shared?: SharedCircuits | undefined;
}

/** The clock and the random numbers of the process, and nobody who listens. */
export const systemPorts: CircuitPorts = Object.freeze({
  clock: systemClock,
  random: Math.random,
  transitions: silentSink,
  calls: silentCalls,
});

/** `given`, and from the process what it leaves out. Thousands of circuits can share what is complete. */
export function completePorts(given: Partial<CircuitPorts>): CircuitPorts {
  const { clock, random, transitions, calls, family, shared } = given;
  if (clock && random && transitions && calls) return given as CircuitPorts;
  return {
    clock: clock ?? systemPorts.clock,
    random: random ?? systemPorts.random,
    transitions: transitions ?? systemPorts.transitions,
    calls: calls ?? systemPorts.calls,
    family,
    shared,
  };
}
