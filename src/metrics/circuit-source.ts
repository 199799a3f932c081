import type {
  CircuitBreakerService,
  CircuitCallEvent,
  CircuitMode,
  CircuitTransition,
} from '../circuit-breaker/index.js';
import type { MetricName } from './metric-definitions.js';
import type { MetricSource, Take } from './metric-sources.js';

const MODES: readonly CircuitMode[] = ['closed', 'open', 'half-open', 'isolated', 'forced-closed'];

const OUTCOMES = ['success', 'failure', 'ignored'] as const;

/** What is always on the page, so that the first time it happens is seen as an increase. */
const USUAL_TRANSITIONS = [
  ...['closed open', 'open half-open', 'half-open open', 'half-open closed'],
];
const USUAL_REFUSALS = ['open', 'half-open'];

/** Counts by what has happened. */
class Tally {
  private readonly counts = new Map<string, number>();

  constructor(usual: readonly string[]) {
    for (const what of usual) this.counts.set(what, 0);
  }

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  entries(): Iterable<[string, number]> {
    return this.counts;
  }
}

/** What the circuits of one name, or by key under one name, have gone through. */
class CircuitTally {
  readonly transitions = new Tally(USUAL_TRANSITIONS);
  readonly refusals = new Tally(USUAL_REFUSALS);
  readonly calls = new Tally(OUTCOMES);
  readonly probes = new Tally(OUTCOMES);
}

/** What circuits tell: those by key under the name that they have in common. */
export class CircuitSource implements MetricSource {
  readonly groups = ['circuits'] as const;
  private readonly tallies = new Map<string, CircuitTally>();

  /** @param circuits what is in the service's place may be less */
  constructor(private readonly circuits: Partial<CircuitBreakerService>) {}

  start(): () => void {
    const stops = [
      this.circuits.onTransition?.((transition) => this.changed(transition)),
      this.circuits.onCall?.((event) => this.called(event)),
    ];
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  read(take: Take): void {
    for (const circuit of this.circuits.all?.() ?? []) this.readState(take, circuit);
    for (const circuit of this.circuits.allKeyed?.() ?? []) this.readState(take, circuit);
    for (const [circuit, { transitions, refusals, calls, probes }] of this.tallies) {
      for (const [change, count] of transitions.entries()) {
        const [from = '', to = ''] = change.split(' ');
        take('breakwater_circuit_transitions_total', count, { circuit, from, to });
      }
      for (const [state, count] of refusals.entries()) {
        take('breakwater_circuit_refusals_total', count, { circuit, state });
      }
      const ended: readonly (readonly [MetricName, Tally])[] = [
        ['breakwater_circuit_calls_total', calls],
        ['breakwater_circuit_probes_total', probes],
      ];
      for (const [name, tally] of ended) {
        for (const [outcome, count] of tally.entries()) take(name, count, { circuit, outcome });
      }
    }
  }

  private readState(take: Take, { family, mode }: { family: string; mode: CircuitMode }): void {
    this.of(family);
    for (const state of MODES) {
      take('breakwater_circuit_state', state === mode ? 1 : 0, { circuit: family, state });
    }
  }

  private changed({ family, from, to }: CircuitTransition): void {
    this.of(family).transitions.add(`${from} ${to}`);
  }

  private called(event: CircuitCallEvent): void {
    const tally = this.of(event.family);
    if (event.type === 'refused') {
      tally.refusals.add(event.state);
      return;
    }
    tally.calls.add(event.outcome);
    if (event.state === 'half-open') tally.probes.add(event.outcome);
  }

  private of(family: string): CircuitTally {
    let tally = this.tallies.get(family);
    if (!tally) this.tallies.set(family, (tally = new CircuitTally()));
    return tally;
  }
}
