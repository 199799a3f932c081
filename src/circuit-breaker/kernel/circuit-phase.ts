import type { Instant } from '../../clock/index.js';
import type { TripPolicy } from './policies/trip-policy.js';

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
