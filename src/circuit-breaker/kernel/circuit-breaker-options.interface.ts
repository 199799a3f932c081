import type { ClassifierRules, ClientErrors } from './classifier.js';
import type { BackoffOptions } from './cooldown.js';
import type { PolicyOptions, ResolvedPolicyOptions } from './policies/policy-options.js';

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
