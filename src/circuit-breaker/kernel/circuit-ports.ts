import { systemClock } from '../../clock/index.js';
import type { Clock } from '../../clock/index.js';
import { silentSink } from './circuit-transition.js';
import type { TransitionSink } from './circuit-transition.js';
import type { SharedCircuits } from './shared-circuits.js';

/** What a circuit needs from outside. */
export interface CircuitPorts {
  /** Where time is read; nothing is ever scheduled. */
  readonly clock: Clock;
  /** Uniform numbers from 0 (included) to 1 (excluded), for jitter and ramps. */
  readonly random: () => number;
  /** Where transitions are told. */
  readonly transitions: TransitionSink;
  /** The other instances, if there are any to take part with. */
  readonly shared?: SharedCircuits | undefined;
}

/** The clock and the random numbers of the process, and nobody who listens. */
export const systemPorts: CircuitPorts = Object.freeze({
  clock: systemClock,
  random: Math.random,
  transitions: silentSink,
});

/** `given`, and from the process what it leaves out. Thousands of circuits can share what is complete. */
export function completePorts(given: Partial<CircuitPorts>): CircuitPorts {
  const { clock, random, transitions, shared } = given;
  if (clock && random && transitions) return given as CircuitPorts;
  return {
    clock: clock ?? systemPorts.clock,
    random: random ?? systemPorts.random,
    transitions: transitions ?? systemPorts.transitions,
    shared,
  };
}
