import type { CircuitState } from './circuit-state.js';

/**
 * How an admitted call reports what became of it. The first report counts, once, and only while the
 * circuit is still in the generation that admitted the call; every other report changes nothing.
 */
export interface Settle {
  /**
   * The call succeeded.
   * @param durationMs how long it took, in milliseconds; measured from the admission if left out
   */
  success(durationMs?: number): void;
  /**
   * The call failed, whatever the classifier would say of the error.
   * @param error what it failed with, kept as evidence (its kind, never its message)
   * @param durationMs how long it took, in milliseconds
   */
  failure(error?: unknown, durationMs?: number): void;
  /** The call ended without a verdict: it counts neither way, and a probe gives its place back. */
  ignore(): void;
  /** The call threw `error`: the circuit's classifier decides which of the three it is. */
  threw(error: unknown, durationMs?: number): void;
  /** The call returned `answer`: a classifier that knows HTTP answers decides which of the three. */
  returned(answer: unknown, durationMs?: number): void;
}

/** The call may be made; its result must be reported through {@link Settle}. */
export interface Admitted {
  readonly admitted: true;
  /** State of the circuit when the call was admitted, after elapsed time had been applied. */
  readonly state: 'closed' | 'half-open';
  /** Number of transitions before the admission: results of an older generation are dropped. */
  readonly generation: number;
  readonly settle: Settle;
  /**
   * On a probe that the other instances of a cluster have to agree to: whether the call may be made.
   * Has to be awaited before it; where it is `false`, the call has been refused as any other that comes
   * while another instance probes. Never rejects.
   */
  readonly permit?: Promise<boolean>;
}

/** The call must not be made. */
export interface Refused {
  readonly admitted: false;
  /** State of the circuit when the call was refused; `closed` only during a recovery ramp. */
  readonly state: CircuitState;
  /**
   * Milliseconds after which a call will be admitted; never more than the cooldown. Absent while
   * half-open and while isolated, since nobody can tell.
   */
  readonly retryAfterMs?: number;
}

/** The breaker's decision about one call. */
export type Admission = Admitted | Refused;
