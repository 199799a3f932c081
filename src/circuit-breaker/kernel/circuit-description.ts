import type { CircuitMachine } from './circuit-machine.js';
import { circuitInWords } from './circuit-words.js';
import type { CircuitFacts } from './circuit-words.js';
import type { CircuitMode, CircuitState, TransitionReason } from './circuit-state.js';
import type { ShadowReport } from './shadow-circuit.js';

/** What a circuit is doing and why, for health pages, operators and logs. */
export interface CircuitDescription extends CircuitFacts {
  readonly name: string;
  /** State after elapsed time has been applied. */
  readonly state: CircuitState;
  /** What failed, when, and what happens next, in a sentence or two. */
  readonly why: string;
  /** What made it change last: `cluster-opened` where the other instances did. Absent before that. */
  readonly reason?: TransitionReason;
  /** Number of transitions so far. */
  readonly generation: number;
  /** Calls admitted that have not settled. */
  readonly inFlight: number;
  /** What the candidate policy would have done. */
  readonly shadow?: ShadowReport;
}

/** Describes the circuit `name` that `machine` drives. */
export function describeCircuit(
  name: string,
  machine: CircuitMachine,
  shadow: ShadowReport | undefined,
): CircuitDescription {
  const { mode, phase, generation, inFlight, lastReason } = machine;
  const nextProbeInMs = untilNextProbe(machine);
  const facts: CircuitFacts = {
    mode,
    since: phase.since.wall,
    forMs: machine.elapsed(),
    outlook: outlookOf(machine),
    ...(nextProbeInMs === undefined ? {} : { nextProbeInMs }),
    evidence: machine.evidence.list(),
  };
  return {
    name,
    state: stateOf(mode),
    why: circuitInWords(facts, machine.lastDetail, phase.kind === 'half-open'),
    ...(lastReason === undefined ? {} : { reason: lastReason }),
    ...facts,
    generation,
    inFlight,
    ...(shadow === undefined ? {} : { shadow }),
  };
}

/** The state that callers are shown in `mode`. */
export function stateOf(mode: CircuitMode): CircuitState {
  if (mode === 'isolated') return 'open';
  return mode === 'forced-closed' ? 'closed' : mode;
}

function untilNextProbe(machine: CircuitMachine): number | undefined {
  const { phase } = machine;
  if (phase.kind === 'open') return Math.max(0, phase.cooldownMs - machine.elapsed());
  return phase.kind === 'half-open' ? 0 : undefined;
}

function outlookOf(machine: CircuitMachine): string {
  const { phase, options } = machine;
  const closes = `closes after ${options.successesToClose} successful probe(s)`;
  switch (phase.kind) {
    case 'closed':
      return `${phase.policy.describe()}${phase.ramping ? ', calls come back little by little' : ''}`;
    case 'open':
      return `admits a probe after ${Math.round(phase.cooldownMs)} ms, ${closes}`;
    case 'half-open':
      return `${phase.successes} probe(s) succeeded, ${phase.leases.size} on the way, ${closes}`;
    case 'isolated':
      return 'isolated by hand until released';
    case 'forced-closed':
      return 'forced closed by hand until released';
  }
}
