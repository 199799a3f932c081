import { describe, expect, it, jest } from '@jest/globals';
import { CircuitOpenError } from '../../circuit-breaker/index.js';
import { deferred } from '../../circuit-breaker/testing/circuit-fixture.js';
import { COOLDOWN_MS, circuitCluster } from '../testing/circuit-cluster.js';
import { quiet } from '../testing/circuit-node.js';
import type { CircuitNode } from '../testing/circuit-node.js';

/** So many times the promised time, on a machine that has other things to do. */
const BUSY = 5;

describe('the probe of several instances, over a store', () => {
  const { clock, nodes, start, startOpen, probe, states } = circuitCluster();

  it('lets exactly one of all requests of all instances through for each cooldown', async () => {
    const all = await startOpen(6);
    for (let round = 1; round <= 3; round += 1) {
      clock.advance(COOLDOWN_MS);
      let calls = 0;
      let refused = 0;
      const backend = deferred<never>();
      const decided = deferred();
      const decide = () => {
        if (calls + refused === 60) decided.resolve();
      };
      const call = () => {
        calls += 1;
        decide();
        return backend.promise;
      };
      const ask = (node: CircuitNode) =>
        node.circuit.execute(call).catch((error: unknown) => {
          if (!(error instanceof CircuitOpenError)) return;
          expect(error).toMatchObject({ state: 'half-open', retryAfterMs: undefined });
          refused += 1;
          decide();
        });
      const asked = all.flatMap((node) => Array.from({ length: 10 }, () => ask(node)));
      await decided.promise;
      expect(calls).toBe(1);
      backend.reject(new Error('down'));
      await Promise.all(asked);
      await quiet(all);
      expect(new Set(states())).toEqual(new Set(['open']));
    }
  });

  it('closes everywhere, within 100 ms, when the probe succeeds', async () => {
    const all = await startOpen(4);
    clock.advance(COOLDOWN_MS);
    const { settle } = await probe(all[3]!);
    const begin = performance.now();
    settle.success();
    await Promise.all(all.slice(0, 3).map((node) => node.when('cluster-closed')));
    expect(performance.now() - begin).toBeLessThan(BUSY * 100);
    expect(new Set(states())).toEqual(new Set(['closed']));
    expect(all[0]!.transitions.at(-1)?.detail).toBe(`the probe of ${all[3]!.instance} succeeded`);
  });

  it('opens again everywhere, for a fresh cooldown, when the probe fails', async () => {
    const all = await startOpen(3);
    clock.advance(COOLDOWN_MS);
    const { settle } = await probe(all[0]!);
    clock.advance(700);
    settle.failure();
    await Promise.all(all.slice(1).map((node) => node.when('cluster-reopened')));
    const promised = all.map(({ circuit }) => circuit.admit());
    const refusal = { admitted: false, state: 'open', retryAfterMs: COOLDOWN_MS };
    expect(promised).toEqual([refusal, refusal, refusal]);
  });

  it('grows the cooldown of all, if it grows, whoever probes', async () => {
    const all = await startOpen(2, { cooldownMs: 1_000, backoff: { maxMs: 60_000 } });
    const waits: number[] = [];
    for (const prober of [all[0]!, all[1]!, all[0]!]) {
      clock.advance(60_000);
      const { settle } = await probe(prober);
      settle.failure();
      await quiet(all);
      waits.push(...all.map(({ circuit }) => circuit.describe().nextProbeInMs ?? NaN));
    }
    // Half of 2, 4 and 8 s: the random number is one half.
    expect(waits).toEqual([1_000, 1_000, 2_000, 2_000, 4_000, 4_000]);
  });

  it('refuses without further commands while another instance probes', async () => {
    const all = await startOpen(2);
    clock.advance(COOLDOWN_MS);
    await probe(all[0]!);
    all[1]!.sent.length = 0;
    for (let call = 0; call < 20; call += 1) {
      expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
    }
    expect(all[1]!.sent).toEqual(['circuit-probe']);
  });

  it('lets another instance probe when the prober gives no verdict, as soon as it says so', async () => {
    const all = await startOpen(2);
    clock.advance(COOLDOWN_MS);
    const { settle } = await probe(all[0]!);
    expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
    settle.ignore();
    await quiet(all);
    expect(await all[1]!.succeed()).toBe('fine');
    await all[0]!.when('cluster-closed');
  });

  it('lets another instance probe as soon as the prober is seen to have died', async () => {
    const all = await startOpen(3, { probeTimeoutMs: 60_000 });
    clock.advance(COOLDOWN_MS);
    await probe(all[0]!);
    const [, one, other] = all;
    for (const node of [one!, other!]) {
      expect(await node.succeed()).toMatchObject({ state: 'half-open' });
    }
    await all[0]!.stop();
    nodes.shift();
    while ((await one!.succeed()) !== 'fine') await quiet(nodes);
    await other!.when('cluster-closed');
  });

  it('lets nobody else probe while the prober lives', async () => {
    const all = await startOpen(2, { probeTimeoutMs: 60_000 });
    clock.advance(COOLDOWN_MS);
    await probe(all[0]!);
    expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
    const looks = jest.spyOn(all[1]!.store, 'subscribers');
    while (looks.mock.calls.length < 4) await quiet(nodes);
    expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
  });

  it('lets another instance probe when the prober stands still, long before its call would end', async () => {
    const all = await startOpen(2, { probeTimeoutMs: 60_000 }, { leaseMs: 300 });
    clock.advance(COOLDOWN_MS);
    const { settle } = await probe(all[0]!);
    const [frozen, other] = all;
    // Its connections stay open, and nothing is sent on them.
    const { run } = frozen!.store;
    frozen!.store.run = () => new Promise(() => undefined);
    const began = performance.now();
    let answer = await other!.succeed();
    expect(answer).toMatchObject({ state: 'half-open' });
    while (answer instanceof CircuitOpenError) {
      await quiet(nodes);
      clock.advance(300);
      answer = await other!.succeed();
    }
    expect(answer).toBe('fine');
    expect(performance.now() - began).toBeLessThan(BUSY * 1_000);
    frozen!.store.run = run;
    await frozen!.when('cluster-closed');
    settle.failure();
    expect(states()).toEqual(['closed', 'closed']);
  });

  it('keeps the place of a prober that lives for several leases', async () => {
    const all = await startOpen(2, { probeTimeoutMs: 60_000 }, { leaseMs: 600 });
    clock.advance(COOLDOWN_MS);
    const { settle } = await probe(all[0]!);
    const asked = () => all[0]!.sent.filter((script) => script === 'circuit-probe').length;
    // Nine signs of life make three leases.
    for (let signs = 1; signs <= 9; signs += 1) {
      while (asked() <= signs) await quiet(nodes);
      clock.advance(600);
      expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
    }
    settle.success();
    await all[1]!.when('cluster-closed');
  });

  it('lets another instance probe when the prober has died, after the time a probe may take', async () => {
    const all = await startOpen(2, { probeTimeoutMs: 400 });
    clock.advance(COOLDOWN_MS);
    await probe(all[0]!);
    await all[0]!.stop();
    nodes.shift();
    const began = performance.now();
    let answer = await all[1]!.succeed();
    expect(answer).toMatchObject({ state: 'half-open' });
    // The store's own time has to pass; the instance's is brought along.
    while (answer instanceof CircuitOpenError) {
      await quiet(nodes);
      clock.advance(400);
      answer = await all[1]!.succeed();
    }
    expect(answer).toBe('fine');
    expect(performance.now() - began).toBeGreaterThan(300);
  });

  it('leaves an instance that is open by itself as it is', async () => {
    const all = await start(2);
    await all[0]!.fail(3);
    clock.advance(COOLDOWN_MS);
    const admission = all[0]!.circuit.admit();
    expect(admission).not.toHaveProperty('permit', expect.anything());
  });
});
