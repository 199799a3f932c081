import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CircuitBreaker } from '../../circuit-breaker/index.js';
import type { Admitted, CircuitTransition, SharedCircuits } from '../../circuit-breaker/index.js';
import { ManualClock } from '../../ground/manual-clock.js';
import type { Store } from '../store/store.js';
import { CircuitStoreMember, CircuitStoreModel } from '../testing/circuit-store.js';
import { ClusterCircuits } from './cluster-circuits.js';

const COOLDOWN_MS = 100;
const PROBE_TIMEOUT_MS = 130;
/** Shorter than what a probe may take, so that places are lost and kept. */
const LEASE_MS = 60;

type Outcome = 'success' | 'failure' | 'ignore';

type Step =
  | { kind: 'admit' | 'send' | 'answer' | 'exchange' | 'hear' | 'lose'; node: number }
  | { kind: 'settle'; node: number; call: number; outcome: Outcome }
  | { kind: 'advance'; ms: number };

const node = fc.nat({ max: 2 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('admit' as const), node }) },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('settle' as const),
        node,
        call: fc.nat({ max: 3 }),
        outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'failure', 'ignore'),
      }),
    },
    {
      weight: 14,
      arbitrary: fc.record({
        kind: fc.constantFrom('exchange' as const, 'send', 'answer', 'hear'),
        node,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), node }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 20, 30, 60, 100),
      }),
    },
  ),
  { minLength: 40, maxLength: 160 },
);

interface Call {
  readonly admitted: Admitted;
  readonly admittedAt: number;
  /** Whether it goes to the backend by the permit of the others. */
  probes: boolean;
  /** Whether it was made or may still be. */
  open: boolean;
}

/** One instance, and what it has seen. */
class Instance {
  readonly store: CircuitStoreMember;
  readonly circuit: CircuitBreaker;
  readonly calls: Call[] = [];
  /** Until when the others have closed its door, by its clock. */
  private openUntil = 0;
  private holdsProbe = () => false;

  constructor(
    model: CircuitStoreModel,
    private readonly clock: ManualClock,
    name: string,
  ) {
    this.store = new CircuitStoreMember(model);
    const store = this.store as unknown as Store;
    // Longer than any run: that a slow store leaves the decision to the instance is another promise.
    const ports = { store, clock, scheduler: clock, instance: name };
    const others = new ClusterCircuits(ports, { permitMs: 60_000, leaseMs: LEASE_MS });
    void others.start();
    const shared: SharedCircuits = {
      join: (circuit, terms, local) => {
        const joined = others.join(circuit, terms, {
          openedByAll: (opening) => {
            if (this.circuit.state === 'closed' || opening.again)
              this.openUntil = clock.monotonic() + opening.forMs;
            local.openedByAll(opening);
          },
          closedByAll: (detail) => local.closedByAll(detail),
          probeIsFree: () => local.probeIsFree(),
        });
        this.holdsProbe = () => joined.holdsProbe;
        return joined;
      },
    };
    const options = { cooldownMs: COOLDOWN_MS, probeTimeoutMs: PROBE_TIMEOUT_MS };
    const publish = (transition: CircuitTransition) => {
      if (transition.to === 'closed') this.openUntil = 0;
    };
    const transitions = { wanted: true, publish };
    this.circuit = new CircuitBreaker('payments', options, { clock, transitions, shared });
  }

  /** A probe that was permitted, has not settled, and whose verdict would count. */
  get probing(): boolean {
    return this.calls.some(
      ({ probes, open, admittedAt }) =>
        probes &&
        open &&
        this.holdsProbe() &&
        this.clock.monotonic() - admittedAt < PROBE_TIMEOUT_MS,
    );
  }

  admit(): void {
    const admission = this.circuit.admit();
    // Heard of an opening while it was closed: refused until the cooldown of all has elapsed.
    const due = this.clock.monotonic() >= this.openUntil;
    if (!due) expect([admission.admitted, admission.state]).toEqual([false, 'open']);
    if (!admission.admitted) return;
    const call = {
      admitted: admission,
      admittedAt: this.clock.monotonic(),
      probes: false,
      open: true,
    };
    this.calls.push(call);
    void admission.permit?.then((permitted) => {
      call.probes = permitted && this.circuit.state === 'half-open';
      if (!permitted) call.open = false;
    });
  }

  settle(index: number, outcome: Outcome): void {
    const call = this.calls.filter(({ open }) => open).at(-1 - index);
    if (call === undefined) return;
    call.open = false;
    call.admitted.settle[outcome]();
  }
}

class Cluster {
  readonly clock = new ManualClock();
  readonly model = new CircuitStoreModel(this.clock);
  readonly instances = ['a', 'b', 'c'].map((name) => new Instance(this.model, this.clock, name));

  /** One whose instances have been opened together, and a probe is due. */
  static async due(): Promise<Cluster> {
    const cluster = new Cluster();
    for (const instance of cluster.instances) {
      instance.admit();
      instance.settle(0, 'failure');
    }
    await cluster.calm();
    for (const { circuit } of cluster.instances) expect(circuit.state).toBe('open');
    cluster.clock.advance(COOLDOWN_MS);
    return cluster;
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'advance') {
      this.clock.advance(step.ms);
      return;
    }
    const instance = this.instances[step.node] as Instance;
    switch (step.kind) {
      case 'admit':
        instance.admit();
        break;
      case 'settle':
        instance.settle(step.call, step.outcome);
        break;
      case 'send':
        instance.store.sent.shift()?.();
        break;
      case 'answer':
        instance.store.answers.shift()?.();
        break;
      case 'hear':
        instance.store.hear();
        break;
      case 'exchange':
        instance.store.sent.shift()?.();
        instance.store.answers.shift()?.();
        break;
      case 'lose':
        instance.store.inbox.shift();
    }
    await settled();
  }

  /** Everything that is on its way arrives. */
  async calm(): Promise<void> {
    const busy = () =>
      this.instances.some(
        ({ store }) => store.sent.length + store.answers.length + store.inbox.length,
      );
    while (busy()) {
      for (const { store } of this.instances) {
        store.sent.shift()?.();
        store.answers.shift()?.();
        store.hear();
      }
      await settled();
    }
  }
}

/** Whatever follows from what has arrived has happened. */
function settled(): Promise<unknown> {
  return new Promise(setImmediate);
}

describe('whatever happens to calls and messages, in whatever order', () => {
  it('no two probes are under way by the permit of all, and nobody serves what all have closed', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const cluster = await Cluster.due();
        for (const step of sequence) {
          await cluster.take(step);
          const probing = cluster.instances.filter((instance) => instance.probing);
          expect(probing.length).toBeLessThanOrEqual(1);
          seen += probing.length;
        }
      }),
      { numRuns: 300 },
    );
    expect(seen).toBeGreaterThan(300);
  });

  it('every instance is closed again soon after the backend has healed, and counts no call twice', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const cluster = await Cluster.due();
        for (const step of sequence) await cluster.take(step);
        await cluster.calm();
        for (const instance of cluster.instances) {
          while (instance.calls.some(({ open }) => open)) instance.settle(0, 'ignore');
        }
        await cluster.calm();
        for (const { circuit } of cluster.instances) expect(circuit.describe().inFlight).toBe(0);
        for (let round = 0; round < 3; round += 1) {
          cluster.clock.advance(COOLDOWN_MS);
          for (const instance of cluster.instances) {
            instance.admit();
            await cluster.calm();
            instance.settle(0, 'success');
            await cluster.calm();
          }
        }
        expect(cluster.instances.map(({ circuit }) => circuit.state)).toEqual([
          'closed',
          'closed',
          'closed',
        ]);
      }),
      { numRuns: 300 },
    );
  });
});
