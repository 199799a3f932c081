import type { CircuitMachine } from './circuit-machine.js';
import type { CircuitMode, CircuitState, TransitionReason } from './circuit-state.js';
import type { ShadowReport } from './shadow-circuit.js';
import type { Evidence } from './verdict.js';

/** What a circuit is doing and why, for health pages, operators and logs. */
export interface CircuitDescription {
  readonly name: string;
  /** State after elapsed time has been applied. */
  readonly state: CircuitState;
  readonly mode: CircuitMode;
  /** What made it change last: `cluster-opened` where the other instances did. Absent before that. */
  readonly reason?: TransitionReason;
  /** When the circuit last changed by itself or by hand, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** Milliseconds since then. */
  readonly forMs: number;
  /** Number of transitions so far. */
  readonly generation: number;
  /** Calls admitted that have not settled. */
  readonly inFlight: number;
  /** What happens next and what it takes, in words and figures. */
  readonly outlook: string;
  /** Milliseconds until a probe is due: 0 while half-open, absent in the other states. */
  readonly nextProbeInMs?: number;
  /** The last results that counted against the circuit, or for it while it was half-open. */
  readonly evidence: readonly Evidence[];
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
  return {
    name,
    state: stateOf(mode),
    mode,
    ...(lastReason === undefined ? {} : { reason: lastReason }),
    since: phase.since.wall,
    forMs: machine.elapsed(),
    generation,
    inFlight,
    outlook: outlookOf(machine),
    ...(nextProbeInMs === undefined ? {} : { nextProbeInMs }),
    evidence: machine.evidence.list(),
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
