import { describe, expect, it } from '@jest/globals';
import { CircuitBreaker } from '../../circuit-breaker/index.js';
import type { Admitted } from '../../circuit-breaker/index.js';
import { ManualClock } from '../../ground/manual-clock.js';
import type { Store } from '../store/store.js';
import { CircuitStoreMember, CircuitStoreModel } from '../testing/circuit-store.js';
import { parseCircuitMessage } from './circuit-news.js';
import type { ClusterCircuitOptions } from './cluster-circuit.options.js';
import { ClusterCircuits } from './cluster-circuits.js';

const clock = new ManualClock();

/** An instance whose commands, answers and messages wait for the test. */
class Stepped {
  readonly store: CircuitStoreMember;
  readonly shared: ClusterCircuits;
  readonly circuit: CircuitBreaker;

  constructor(model: CircuitStoreModel, instance: string, options?: ClusterCircuitOptions) {
    this.store = new CircuitStoreMember(model);
    const store = this.store as unknown as Store;
    this.shared = new ClusterCircuits({ store, clock, scheduler: clock, instance }, options);
    void this.shared.start();
    this.circuit = new CircuitBreaker('payments', {}, { clock, shared: this.shared });
  }

  fail(times = 1): void {
    for (let call = 0; call < times; call += 1) (this.circuit.admit() as Admitted).settle.failure();
  }

  succeed(): void {
    (this.circuit.admit() as Admitted).settle.success();
  }

  /** Everything sent is run and answered; messages wait. */
  async exchange(): Promise<void> {
    while (this.store.sent.length + this.store.answers.length > 0) {
      this.store.sent.shift()?.();
      this.store.answers.shift()?.();
      await new Promise(setImmediate);
    }
  }

  hear(): void {
    while (this.store.inbox.length > 0) this.store.hear();
  }
}

function pair(options?: ClusterCircuitOptions): [Stepped, Stepped] {
  const model = new CircuitStoreModel(clock);
  return [new Stepped(model, 'a', options), new Stepped(model, 'b', options)];
}

/** Instances that are open, with the cooldown elapsed. */
async function due(): Promise<[Stepped, Stepped]> {
  const [a, b] = pair();
  a.fail(2);
  await a.exchange();
  b.fail();
  await b.exchange();
  a.hear();
  b.hear();
  clock.advance(5_000);
  return [a, b];
}

describe('an instance', () => {
  it('has one report on its way; what happens meanwhile goes into the next one', async () => {
    const [a] = pair();
    a.fail(2);
    expect(a.store.sent).toHaveLength(1);
    (a.circuit.admit() as Admitted).settle.success();
    a.fail();
    expect(a.store.sent).toHaveLength(1);
    await a.exchange();
    expect(a.circuit.state).toBe('closed');
  });

  it('decides alone when the others take longer than 300 ms to agree', async () => {
    const [a] = await due();
    const { permit } = a.circuit.admit() as Admitted;
    clock.advance(299);
    const later = new Promise(setImmediate).then(() => 'not yet');
    expect(await Promise.race([permit, later])).toBe('not yet');
    clock.advance(1);
    expect(await permit).toBe(true);
  });

  it('leaves no timer behind once the others have answered and the probe has ended', async () => {
    const [a] = await due();
    const before = clock.pending;
    const { permit, settle } = a.circuit.admit() as Admitted;
    expect(clock.pending).toBe(before + 1);
    await a.exchange();
    expect(await permit).toBe(true);
    settle.success();
    expect(clock.pending).toBe(before);
  });

  it('tells what fails right after its probe has closed the circuit, as part of the new era', async () => {
    const [a, b] = await due();
    const probe = a.circuit.admit() as Admitted;
    await a.exchange();
    expect(await probe.permit).toBe(true);
    probe.settle.success();
    a.fail(2);
    await a.exchange();
    b.hear();
    expect(b.circuit.state).toBe('closed');
    b.fail();
    await b.exchange();
    expect(b.circuit.describe()).toMatchObject({ state: 'open', reason: 'cluster-opened' });
  });

  it('does not take back what it has opened by itself when it hears of its own probe late', async () => {
    const [a] = await due();
    const probe = a.circuit.admit() as Admitted;
    await a.exchange();
    expect(await probe.permit).toBe(true);
    probe.settle.success();
    a.fail(3);
    await a.exchange();
    a.hear();
    expect(a.circuit.describe()).toMatchObject({ state: 'open', reason: 'threshold-reached' });
  });
});

describe('an instance that probes', () => {
  /** As many milliseconds as a third of the lease, three of which would let it end. */
  const BEAT_MS = 1_666;

  async function probing() {
    const [a, b] = await due();
    const probe = a.circuit.admit() as Admitted;
    await a.exchange();
    expect(await probe.permit).toBe(true);
    return { a, b, probe };
  }

  /** Whether `node` would be let probe by all. */
  async function mayProbe(node: Stepped): Promise<boolean> {
    const admission = node.circuit.admit();
    if (!admission.admitted) return false;
    await node.exchange();
    return (await admission.permit) === true;
  }

  it('keeps its place for as long as it lives and its probe may take', async () => {
    const { a, b, probe } = await probing();
    for (let beat = 0; beat < 5; beat += 1) {
      expect(await mayProbe(b)).toBe(false);
      clock.advance(BEAT_MS);
      await a.exchange();
    }
    probe.settle.success();
    await a.exchange();
    b.hear();
    expect([a.circuit.state, b.circuit.state]).toEqual(['closed', 'closed']);
  });

  it('gives no sign of life for a call that ends soon', async () => {
    const { a, probe } = await probing();
    const pending = clock.pending;
    clock.advance(BEAT_MS - 1);
    expect(a.store.sent).toHaveLength(0);
    probe.settle.success();
    expect(clock.pending).toBe(pending - 1);
    clock.advance(60_000);
    expect(a.store.sent).toHaveLength(1);
  });

  it('is replaced when it stands still, and its late verdict changes nothing', async () => {
    for (const outcome of ['success', 'failure'] as const) {
      const { a, b, probe } = await probing();
      expect(await mayProbe(b)).toBe(false);
      // What it would send stays with it.
      clock.advance(5_000);
      const admission = b.circuit.admit() as Admitted;
      await b.exchange();
      expect(await admission.permit).toBe(true);
      probe.settle[outcome]();
      await a.exchange();
      a.hear();
      b.hear();
      expect([a.circuit.state, b.circuit.state]).toEqual(['half-open', 'half-open']);
      admission.settle.success();
      await b.exchange();
      a.hear();
      expect([a.circuit.state, b.circuit.state]).toEqual(['closed', 'closed']);
    }
  });

  it('hears at its next sign of life that another one probes, and its verdict changes nothing', async () => {
    const { a, b, probe } = await probing();
    clock.advance(5_000);
    expect(await mayProbe(b)).toBe(true);
    await a.exchange();
    clock.advance(1);
    probe.settle.failure();
    expect(a.circuit.state).toBe('half-open');
  });

  it('holds the circuit of all no longer than a probe may take, though it lives', async () => {
    const { a, b } = await probing();
    for (let beat = 0; beat < 6; beat += 1) {
      clock.advance(BEAT_MS);
      await a.exchange();
      expect(await mayProbe(b)).toBe(false);
    }
    clock.advance(10_000 - 6 * BEAT_MS);
    await a.exchange();
    expect(await mayProbe(b)).toBe(true);
  });

  it('writes its place again where the store has lost it', async () => {
    const { a, b } = await probing();
    b.store.forgetProbe();
    clock.advance(BEAT_MS);
    await a.exchange();
    expect(await mayProbe(b)).toBe(false);
  });

  it('leaves no timer behind when its circuits are closed', async () => {
    const { a } = await probing();
    const pending = clock.pending;
    a.shared.close();
    expect(clock.pending).toBe(pending - 1);
  });
});

describe('messages of circuits', () => {
  it('carry names with anything in them', () => {
    expect(parseCircuitMessage('o 12 5000 a tenants[x y\n}]')).toEqual({
      kind: 'news',
      name: 'tenants[x y\n}]',
      news: { epoch: 12, kind: 'opened', forMs: 5_000, by: 'a' },
    });
  });

  it('of another version are none', () => {
    for (const text of ['', 'z 1 2 a b', 'o x 2 a b', 'o 1', 'mark']) {
      expect(parseCircuitMessage(text)).toBeUndefined();
    }
  });
});

describe('circuits that count together', () => {
  const TOGETHER = { quorum: 1, together: true };

  /** One after the other, each heard of before the next, as of a client that waits for its answers. */
  async function seen(those: readonly Stepped[], ...results: readonly string[]): Promise<void> {
    for (const result of results) {
      const one = those[result.endsWith('a') ? 0 : 1];
      if (result.startsWith('fail')) one?.fail();
      else one?.succeed();
      await one?.exchange();
      for (const each of those) each.hear();
    }
  }

  it('open for all by the last failure, whichever of them has had it', async () => {
    const those = pair(TOGETHER);
    await seen(those, 'fail a', 'fail b');
    expect(those.map(({ circuit }) => circuit.state)).toEqual(['closed', 'closed']);
    await seen(those, 'fail a');
    expect(those.map(({ circuit }) => circuit.state)).toEqual(['open', 'open']);
    const [a, b] = those.map(({ circuit }) => circuit.describe().nextProbeInMs);
    expect([a, b]).toEqual([5_000, 5_000]);
  });

  it('begin anew with a success of any of them', async () => {
    const those = pair(TOGETHER);
    await seen(those, 'fail a', 'fail a', 'succeed b', 'fail a', 'fail b');
    expect(those.map(({ circuit }) => circuit.state)).toEqual(['closed', 'closed']);
    await seen(those, 'fail a');
    expect(those.map(({ circuit }) => circuit.state)).toEqual(['open', 'open']);
  });

  it('say when the others have been told, or when that takes too long', async () => {
    const [a, b] = pair(TOGETHER);
    const told: string[] = [];
    const tell = (what: string) => a.shared.toldAll?.('payments').then(() => told.push(what));
    await tell('nothing to tell');
    a.fail();
    void tell('first');
    a.fail();
    void tell('second');
    await new Promise(setImmediate);
    expect(told).toEqual(['nothing to tell']);
    await a.exchange();
    expect(told).toEqual(['nothing to tell', 'first', 'second']);
    a.fail();
    void tell('late');
    clock.advance(300);
    await new Promise(setImmediate);
    expect(told).toHaveLength(4);
    await a.shared.toldAll?.('unknown');
    expect(pair()[0].shared.toldAll).toBeUndefined();
    b.hear();
  });
});
