import type { CircuitMode } from './circuit-state.js';

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
  | 'cluster-closed';

/** One change of state, told after it has happened. */
export interface CircuitTransition {
  /** Name of the circuit. */
  readonly circuit: string;
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
