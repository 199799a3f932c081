import { describe, expect, it } from '@jest/globals';
import { CircuitOpenError } from '../../circuit-breaker/index.js';
import type { Admitted } from '../../circuit-breaker/index.js';
import { COOLDOWN_MS, circuitCluster } from '../testing/circuit-cluster.js';
import { quiet } from '../testing/circuit-node.js';
import type { CircuitNode } from '../testing/circuit-node.js';

describe('a circuit of several instances, over a store', () => {
  const { server, clock, nodes, start, startOpen, probe, states, sent } = circuitCluster();

  it('costs no command while all is well', async () => {
    const [one] = await start(2);
    for (let call = 0; call < 100; call += 1) await one!.succeed();
    expect(sent()).toEqual([]);
  });

  it('opens everywhere when enough failures in a row come from enough instances', async () => {
    const all = await start(3);
    await all[0]!.fail(2);
    await quiet(all);
    expect(states()).toEqual(['closed', 'closed', 'closed']);
    await all[1]!.fail();
    await Promise.all(all.map((node) => node.when('cluster-opened')));
    expect(all[2]!.circuit.admit()).toEqual({
      admitted: false,
      state: 'open',
      retryAfterMs: COOLDOWN_MS,
    });
    expect(all[2]!.transitions.at(-1)?.detail).toBe(
      `failures on several instances, last ${all[1]!.instance}`,
    );
  });

  it('is opened by no instance alone, however often it fails', async () => {
    const [bad, ...good] = await start(3);
    for (let round = 0; round < 4; round += 1) {
      await bad!.fail(5);
      clock.advance(COOLDOWN_MS);
      await bad!.fail();
      await quiet(nodes);
    }
    expect(bad!.circuit.state).toBe('open');
    expect(bad!.reasons).not.toContain('cluster-opened');
    expect(good.flatMap(({ transitions }) => transitions)).toEqual([]);
  });

  it('asks for as many instances as it is told to', async () => {
    const all = await start(3, {}, { quorum: 3 });
    await all[0]!.fail(2);
    await all[1]!.fail(2);
    await quiet(all);
    expect(states()).toEqual(['closed', 'closed', 'closed']);
    await all[2]!.fail();
    await Promise.all(all.map((node) => node.when('cluster-opened')));
  });

  it('starts counting again after a success on any instance, which tells it once', async () => {
    const all = await start(3);
    await all[0]!.fail(2);
    await quiet(all);
    await all[2]!.succeed();
    await all[2]!.succeed();
    await quiet(all);
    expect(all[2]!.sent).toEqual(['circuit-report']);
    await all[1]!.fail(2);
    await quiet(all);
    expect(states()).toEqual(['closed', 'closed', 'closed']);
    await all[0]!.fail(1);
    await all[0]!.when('threshold-reached').catch(() => undefined);
    await Promise.all(all.slice(1).map((node) => node.when('cluster-opened')));
  });

  it('forgets failures that are long ago', async () => {
    const all = await start(2, {}, { windowMs: 1 });
    await all[0]!.fail(2);
    await quiet(all);
    await all[1]!.fail();
    await quiet(all);
    expect(states()).toEqual(['closed', 'closed']);
  });

  it('lets no more calls through than the threshold and those on their way', async () => {
    const all = await start(6);
    let calls = 0;
    const call = () => {
      calls += 1;
      return Promise.reject(new Error('down'));
    };
    const loop = async (node: CircuitNode) => {
      let refused = 0;
      while (refused < 3) {
        await node.circuit.execute(call).catch((error: unknown) => {
          if (error instanceof CircuitOpenError) refused += 1;
        });
        await quiet([node]);
      }
    };
    await Promise.all(all.map(loop));
    // 3 that are counted, and one of each of the others on its way meanwhile.
    expect(calls).toBeLessThanOrEqual(3 + 6);
    expect(new Set(states())).toEqual(new Set(['open']));
  });

  it('is not opened by failures of calls that began before it was closed', async () => {
    const all = await start(3);
    const late = all.map(({ circuit }) => circuit.admit() as Admitted);
    await all[0]!.fail(2);
    await quiet(all);
    await all[1]!.fail();
    await Promise.all(all.map((node) => node.when('cluster-opened')));
    clock.advance(COOLDOWN_MS);
    expect(await all[2]!.succeed()).toBe('fine');
    await Promise.all(all.slice(0, 2).map((node) => node.when('cluster-closed')));
    for (const { settle } of late) settle.failure();
    await quiet(all);
    expect(states()).toEqual(['closed', 'closed', 'closed']);
    await all[0]!.fail();
    await all[1]!.fail();
    await quiet(all);
    expect(states()).toEqual(['closed', 'closed', 'closed']);
  });

  it('opens an instance that joins later by its first failure', async () => {
    await startOpen(2);
    const [late] = await start(1);
    expect(late!.circuit.state).toBe('closed');
    await late!.fail();
    await late!.when('cluster-opened');
    expect(late!.circuit.describe().nextProbeInMs).toBeLessThanOrEqual(COOLDOWN_MS);
  });

  it('counts the failures of an instance that joins after it has been open and closed', async () => {
    const all = await startOpen(2);
    clock.advance(COOLDOWN_MS);
    await all[0]!.succeed();
    await all[1]!.when('cluster-closed');
    const [late] = await start(1);
    await late!.fail(3);
    expect(late!.circuit.state).toBe('open');
    await quiet(nodes);
    expect(late!.reasons).toEqual(['threshold-reached']);
    await all[0]!.fail();
    await Promise.all(all.map((node) => node.when('cluster-opened')));
  });

  it('opens by votes where rates decide', async () => {
    const policy = { kind: 'count-window', size: 4, minimumCalls: 4, rate: 0.5 } as const;
    const all = await start(3, { policy });
    await all[0]!.fail(4);
    await quiet(all);
    expect(states()).toEqual(['open', 'closed', 'closed']);
    await all[1]!.fail(4);
    await all[2]!.when('cluster-opened');
  });

  it('leaves nothing in the store that would stay', async () => {
    const all = await startOpen(2);
    clock.advance(COOLDOWN_MS);
    await probe(all[0]!);
    const keys = (await server.command('KEYS', '*')) as string[];
    expect(keys.map(String).sort()).toEqual(['bw1:{cb:payments}:p', 'bw1:{cb:payments}:s']);
    for (const key of keys) {
      expect(await server.command('PTTL', key)).toBeGreaterThan(0);
    }
  });

  it('is forgotten when it is no longer used', async () => {
    const [one] = await start(1);
    expect(one!.circuits.size).toBe(1);
    one!.circuit.leave();
    expect(one!.circuits.size).toBe(0);
  });
});
