import { elapsedMs } from '../../ground/index.js';
import type { Clock, Instant } from '../../ground/index.js';
import type { TripPolicy } from './trip-policy.js';

/**
 * What callers are told about a circuit. An isolated circuit shows as `open`, one that is forced
 * closed as `closed`.
 */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** {@link CircuitState} with the two states that only an operator can bring about told apart. */
export type CircuitMode = CircuitState | 'isolated' | 'forced-closed';

/** Admits calls and counts their results. */
export interface ClosedPhase {
  readonly kind: 'closed';
  readonly since: Instant;
  readonly policy: TripPolicy;
  /** Whether the calls come back little by little; ends when the ramp has passed. */
  ramping: boolean;
}

/** Refuses calls until the cooldown has elapsed. */
export interface OpenPhase {
  readonly kind: 'open';
  readonly since: Instant;
  readonly cooldownMs: number;
}

/** Admits a few probes. */
export interface HalfOpenPhase {
  readonly kind: 'half-open';
  readonly since: Instant;
  /** Probes on their way, oldest first, with the moment each was admitted. */
  readonly leases: Map<object, Instant>;
  successes: number;
}

/**
 * Whether a probe may go: there are fewer than allowed, or it takes the place of one that has not settled
 * in time.
 */
export function takePlace(
  { leases }: HalfOpenPhase,
  { probes, probeTimeoutMs }: { readonly probes: number; readonly probeTimeoutMs: number },
  clock: Clock,
): boolean {
  if (leases.size < probes) return true;
  for (const [probe, admittedAt] of leases) {
    if (elapsedMs(clock, admittedAt) >= probeTimeoutMs) return leases.delete(probe);
  }
  return false;
}

/** Refuses calls until an operator releases it. */
export interface IsolatedPhase {
  readonly kind: 'isolated';
  readonly since: Instant;
}

/** Admits calls, whatever becomes of them, until an operator releases it. */
export interface ForcedClosedPhase {
  readonly kind: 'forced-closed';
  readonly since: Instant;
}

/** What a circuit is doing, with all that it needs to know for it. */
export type CircuitPhase =
  ClosedPhase | OpenPhase | HalfOpenPhase | IsolatedPhase | ForcedClosedPhase;

/** Share of calls admitted at the beginning of a ramp. */
const INITIAL_SHARE = 0.1;

/** Share of calls (0 to 1) that a ramp of `rampMs` admits `elapsedMs` after the circuit closed. */
export function rampShare(elapsedMs: number, rampMs: number): number {
  return Math.min(1, INITIAL_SHARE + (1 - INITIAL_SHARE) * (elapsedMs / rampMs));
}

/** What made a circuit change its state. */
export type TransitionReason =
  | 'threshold-reached'
  | 'cooldown-elapsed'
  | 'probe-failed'
  | 'probe-succeeded'
  | 'isolated'
  | 'forced-closed'
  | 'released'
  | 'cluster-opened'
  | 'cluster-reopened'
  | 'cluster-closed'
  | 'redeclared';

/** Whether it was the other instances of a cluster that opened the circuit. */
export function isOpenedByPeers(reason: TransitionReason | undefined): boolean {
  return reason === 'cluster-opened' || reason === 'cluster-reopened';
}

/** One change of state, told after it has happened. */
export interface CircuitTransition {
  /** Name of the circuit. */
  readonly circuit: string;
  /** Name under which it is counted: its own, or `payments[*]` for a circuit by key. */
  readonly family: string;
  readonly from: CircuitMode;
  readonly to: CircuitMode;
  readonly reason: TransitionReason;
  /** The reason for people, with the figures: `3 of 3 consecutive failures`. */
  readonly detail: string;
  /** Generation that the transition began. */
  readonly generation: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Where a circuit tells its transitions. */
export interface TransitionSink {
  /** Whether anybody listens; nothing is built for nobody. */
  readonly wanted: boolean;
  publish(transition: CircuitTransition): void;
}

/** Tells nobody. */
export const silentSink: TransitionSink = { wanted: false, publish: () => undefined };

/** Tells what `make` makes, if anybody listens. */
export function tellTransition(sink: TransitionSink, make: () => CircuitTransition): void {
  if (!sink.wanted) return;
  try {
    sink.publish(make());
  } catch {
    // Who listens has no say in what becomes of a call.
  }
}
