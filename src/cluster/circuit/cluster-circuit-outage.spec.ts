import { describe, expect, it } from '@jest/globals';
import type { Admitted } from '../../circuit-breaker/index.js';
import { COOLDOWN_MS, circuitCluster } from '../testing/circuit-cluster.js';
import { quiet } from '../testing/circuit-node.js';
import type { CircuitNode } from '../testing/circuit-node.js';
import { heard, untilReady } from '../testing/until.js';

describe('a circuit of several instances', () => {
  const { server, clock, start, startOpen, probe, states } = circuitCluster();

  describe('when messages are lost', () => {
    const deaf = (node: CircuitNode) => {
      node.circuits.close();
    };

    it('opens an instance by the first failure that it reports', async () => {
      const all = await start(3);
      deaf(all[2]!);
      await all[0]!.fail(2);
      await quiet(all);
      await all[1]!.fail();
      await all[0]!.when('cluster-opened');
      expect(all[2]!.circuit.state).toBe('closed');
      await all[2]!.fail();
      // The report of an instance that knows of no epoch is taken for one of the present.
      await all[2]!.when('cluster-opened');
    });

    it('closes an instance by what it hears when it wants to probe', async () => {
      const all = await startOpen(3);
      deaf(all[2]!);
      clock.advance(COOLDOWN_MS);
      expect(await all[0]!.succeed()).toBe('fine');
      await all[1]!.when('cluster-closed');
      expect(all[2]!.circuit.state).toBe('half-open');
      expect(await all[2]!.succeed()).toBe('fine');
      expect(all[2]!.reasons.at(-1)).toBe('cluster-closed');
      expect(all[2]!.circuit.state).toBe('closed');
    });

    it('opens an instance again by what it hears when it wants to probe', async () => {
      const all = await startOpen(3);
      deaf(all[2]!);
      clock.advance(COOLDOWN_MS);
      await all[0]!.fail();
      await all[1]!.when('cluster-reopened');
      expect(await all[2]!.succeed()).toMatchObject({ state: 'half-open' });
      expect(all[2]!.reasons.at(-1)).toBe('cluster-reopened');
      expect(all[2]!.circuit.describe().nextProbeInMs).toBeGreaterThan(0);
    });

    it('asks again when messages arrive again', async () => {
      const all = await startOpen(2);
      clock.advance(COOLDOWN_MS);
      const { settle } = await probe(all[0]!);
      expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
      const restored = heard(all[1]!.store, 'busRestored');
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      settle.success();
      await restored;
      expect(await all[1]!.succeed()).toBe('fine');
      expect(all[1]!.circuit.state).toBe('closed');
    });
  });

  describe('when the store', () => {
    it('is killed, leaves each instance to itself at once', async () => {
      const all = await startOpen(2);
      const down = all.map((node) => heard(node.store, 'down'));
      await server.kill();
      await Promise.all(down);
      clock.advance(COOLDOWN_MS);
      for (const { circuit } of all) {
        const admission = circuit.admit() as Admitted;
        expect(admission.permit).toBeUndefined();
        admission.settle.success();
        expect(circuit.state).toBe('closed');
      }
      await all[0]!.fail(3);
      expect(states()).toEqual(['open', 'closed']);
      expect(all[0]!.circuit.admit()).toMatchObject({ retryAfterMs: COOLDOWN_MS });
    });

    it('hangs, keeps the probe no longer than it may take to ask', async () => {
      const all = await startOpen(2);
      clock.advance(COOLDOWN_MS);
      server.freeze();
      const began = performance.now();
      expect(await all[0]!.succeed()).toBe('fine');
      // It asks for 300 ms; a busy machine takes its time as well.
      expect(performance.now() - began).toBeLessThan(5 * 300);
      expect(all[0]!.circuit.state).toBe('closed');
    });

    it('has lost everything, still lets one instance probe', async () => {
      const all = await startOpen(3);
      await server.command('FLUSHALL');
      clock.advance(COOLDOWN_MS);
      const { settle } = await probe(all[0]!);
      expect(await all[1]!.succeed()).toMatchObject({ state: 'half-open' });
      settle.success();
      await Promise.all(all.slice(1).map((node) => node.when('cluster-closed')));
      await all[0]!.fail(2);
      await quiet(all);
      await all[1]!.fail();
      await all[2]!.when('cluster-opened');
    });

    it('is back, tells the others of what an instance has found out alone', async () => {
      const all = await startOpen(2);
      const down = heard(all[0]!.store, 'down');
      const restored = all.map(({ store }) => heard(store, 'busRestored'));
      await server.kill();
      await down;
      clock.advance(COOLDOWN_MS);
      expect(await all[0]!.succeed()).toBe('fine');
      await server.start();
      await Promise.all([...restored, ...all.map(({ store }) => untilReady(store))]);
      expect(states()).toEqual(['closed', 'half-open']);
      await all[0]!.succeed();
      await all[1]!.when('cluster-closed');
    });
  });
});
