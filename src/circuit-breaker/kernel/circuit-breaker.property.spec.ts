import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CircuitFixture } from '../testing/circuit-fixture.js';
import type { Admission, Admitted } from './index.js';

const FAILURES = 3;
const COOLDOWN_MS = 100;
const PROBE_TIMEOUT_MS = 40;

interface Settings {
  readonly probes: number;
  readonly successesToClose: number;
}

interface ModelCall {
  readonly era: number;
  settled: boolean;
}

/** A call as the circuit and its model admitted it. */
interface AdmittedByBoth {
  readonly real: Admitted;
  readonly model: ModelCall;
}

/** The circuit as one would explain it on a blackboard, without regard to cost. */
class Model {
  mode: 'closed' | 'open' | 'half-open' | 'isolated' | 'forced-closed' = 'closed';
  era = 0;
  failures = 0;
  successes = 0;
  /** Both clocks. */
  monotonic = 0;
  wall = 0;
  openedAt = { monotonic: 0, wall: 0 };
  probes: { call: ModelCall; at: { monotonic: number; wall: number } }[] = [];

  constructor(private readonly settings: Settings) {}

  get shown(): string {
    if (this.mode === 'isolated') return 'open';
    if (this.mode === 'forced-closed') return 'closed';
    return this.mode === 'open' && this.since(this.openedAt) >= COOLDOWN_MS
      ? 'half-open'
      : this.mode;
  }

  get retryAfterMs(): number | undefined {
    return this.mode === 'open' ? COOLDOWN_MS - this.since(this.openedAt) : undefined;
  }

  admit(): ModelCall | undefined {
    const state = this.shown;
    if (state === 'half-open' && this.mode === 'open') this.become('half-open');
    if (state === 'open') return undefined;
    const call = { era: this.era, settled: false };
    if (state === 'closed') return call;
    if (this.probes.length >= this.settings.probes) {
      const lost = this.probes.findIndex(({ at }) => this.since(at) >= PROBE_TIMEOUT_MS);
      if (lost === -1) return undefined;
      this.probes.splice(lost, 1);
    }
    this.probes.push({ call, at: { monotonic: this.monotonic, wall: this.wall } });
    return call;
  }

  settle(call: ModelCall, outcome: Outcome): void {
    if (call.settled) return;
    call.settled = true;
    if (call.era !== this.era) return;
    if (this.mode === 'closed') {
      if (outcome === 'success') this.failures = 0;
      if (outcome === 'failure' && ++this.failures === FAILURES) this.become('open');
    } else if (this.mode === 'half-open') {
      const place = this.probes.findIndex((probe) => probe.call === call);
      if (place === -1) return;
      this.probes.splice(place, 1);
      if (outcome === 'failure') this.become('open');
      if (outcome === 'success' && ++this.successes === this.settings.successesToClose) {
        this.become('closed');
      }
    }
  }

  become(mode: Model['mode']): void {
    this.mode = mode;
    this.era += 1;
    this.failures = 0;
    this.successes = 0;
    this.probes = [];
    this.openedAt = { monotonic: this.monotonic, wall: this.wall };
  }

  private since(at: { monotonic: number; wall: number }): number {
    return Math.max(this.monotonic - at.monotonic, this.wall - at.wall, 0);
  }
}

type Outcome = 'success' | 'failure' | 'ignore';

type Step =
  | { kind: 'admit' | 'isolate' | 'release' | 'forceClosed' }
  | { kind: 'settle'; call: number; outcome: Outcome }
  | { kind: 'advance' | 'shift'; ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('admit' as const) }) },
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('settle' as const),
        call: fc.nat({ max: 12 }),
        outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'ignore'),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 39, 40, 60, 99, 100, 250),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('shift' as const),
        ms: fc.constantFrom(-3_600_000, -50, 30, 100),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('isolate' as const, 'release', 'forceClosed'),
      }),
    },
  ),
  { minLength: 20, maxLength: 120 },
);

const settings: fc.Arbitrary<Settings> = fc.record({
  probes: fc.integer({ min: 1, max: 3 }),
  successesToClose: fc.integer({ min: 1, max: 3 }),
});

/** One run of the circuit and its model side by side. */
class SideBySide {
  readonly fixture: CircuitFixture;
  readonly model: Model;
  private readonly calls: AdmittedByBoth[] = [];

  constructor(chosen: Settings) {
    this.model = new Model(chosen);
    this.fixture = new CircuitFixture({
      policy: { kind: 'consecutive', failures: FAILURES },
      cooldownMs: COOLDOWN_MS,
      probeTimeoutMs: PROBE_TIMEOUT_MS,
      ...chosen,
    });
  }

  take(step: Step): void {
    const { fixture, model } = this;
    switch (step.kind) {
      case 'admit':
        this.admit();
        return;
      case 'settle': {
        // The latest calls, so that settling twice and settling late both come up.
        const call = this.calls.at(-1 - step.call);
        return call === undefined ? undefined : this.settle(call, step.outcome);
      }
      case 'advance':
        fixture.clock.advance(step.ms);
        model.monotonic += step.ms;
        model.wall += step.ms;
        return;
      case 'shift':
        fixture.clock.shiftWall(step.ms);
        model.wall += step.ms;
        return;
      case 'isolate':
        fixture.circuit.isolate();
        return model.mode === 'isolated' ? undefined : model.become('isolated');
      case 'forceClosed':
        fixture.circuit.forceClosed();
        return model.mode === 'forced-closed' ? undefined : model.become('forced-closed');
      case 'release':
        fixture.circuit.release();
        return ['isolated', 'forced-closed'].includes(model.mode)
          ? model.become('closed')
          : undefined;
    }
  }

  agree(): void {
    const { circuit } = this.fixture;
    const described = circuit.describe();
    expect(circuit.state).toBe(this.model.shown);
    expect(described.generation).toBe(this.model.era);
    if (this.model.mode === 'closed') {
      expect(described.outlook).toBe(`${this.model.failures} of ${FAILURES} consecutive failures`);
    }
    if (this.model.mode === 'half-open') {
      expect(described.outlook).toMatch(
        `${this.model.successes} probe(s) succeeded, ${this.model.probes.length} on the way`,
      );
    }
  }

  /** Asks for a call that gives its place back at once, if it gets one. */
  ask(): Admission {
    const admission = this.admit();
    if (admission.admitted) this.settle(this.calls.pop() as AdmittedByBoth, 'ignore');
    return admission;
  }

  private admit(): Admission {
    const { circuit } = this.fixture;
    const before = circuit.describe();
    const state = this.model.shown;
    const expected = this.model.admit();
    const admission = circuit.admit();
    expect(admission.admitted).toBe(expected !== undefined);
    expect(admission.state).toBe(state);
    if (admission.admitted) {
      if (expected) this.calls.push({ real: admission, model: expected });
      return admission;
    }
    expect(admission.retryAfterMs).toBe(this.model.retryAfterMs);
    expect(circuit.describe()).toEqual(before);
    return admission;
  }

  private settle(call: AdmittedByBoth, outcome: Outcome): void {
    call.real.settle[outcome]();
    this.model.settle(call.model, outcome);
  }
}

describe('whatever happens, in whatever order', () => {
  it('the circuit is where its model is, with no more probes than allowed', () => {
    fc.assert(
      fc.property(settings, steps, (chosen, sequence) => {
        const run = new SideBySide(chosen);
        for (const step of sequence) {
          run.take(step);
          run.agree();
          expect(run.model.probes.length).toBeLessThanOrEqual(chosen.probes);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('a refusal promises more than nothing and no more than the cooldown', () => {
    fc.assert(
      fc.property(settings, steps, (chosen, sequence) => {
        const run = new SideBySide(chosen);
        for (const step of sequence) {
          run.take(step);
          // By both: even a question can take the place of a probe that is lost, or end the cooldown.
          const admission = run.ask();
          run.agree();
          if (!admission.admitted && admission.retryAfterMs !== undefined) {
            expect(admission.state).toBe('open');
            expect(admission.retryAfterMs).toBeGreaterThan(0);
            expect(admission.retryAfterMs).toBeLessThanOrEqual(COOLDOWN_MS);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
