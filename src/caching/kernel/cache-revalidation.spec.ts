import { describe, expect, it } from '@jest/globals';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';

const held = (value: string) => LoadOutcome.keep(value, { etag: `"${value}"`, revalidate: true });

describe('a value that has to be confirmed before it is used again', () => {
  it('is in memory for the next load, which may confirm it, and nowhere else', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    expect(await h.fill(held('v'))).toMatchObject({ served: 'miss', stored: true });
    expect(tier.records.size).toBe(0);
    for (let load = 1; load <= 3; load++) {
      expect(h.cache.peek('k')).toBeUndefined();
      const asked = h.ask();
      await settle();
      expect(h.at(load).context).toMatchObject({ etag: '"v"', previous: 'v' });
      h.at(load).resolve(LoadOutcome.notModified({ revalidate: true }));
      expect(await asked).toMatchObject({ value: 'v', served: 'miss' });
    }
    expect(h.cache.counters()).toMatchObject({ renewed: 3, hits: 0, staleHits: 0 });
  });

  it('is confirmed once for all who ask at once', async () => {
    const h = new Harness();
    await h.fill(held('v'));
    const asked = Array.from({ length: 50 }, () => h.ask());
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve(LoadOutcome.notModified({ revalidate: true }));
    expect(new Set((await Promise.all(asked)).map(({ value }) => value))).toEqual(new Set(['v']));
  });

  it('never stands in for an error', async () => {
    const h = new Harness();
    await h.fill(held('v'));
    const asked = h.ask();
    h.at(1).reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });

  it('takes the place of what could be used, in every tier', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    await h.fill('usable');
    expect(tier.records.size).toBe(1);
    h.clock.advance(200);
    await h.ask();
    await settle();
    h.at(1).resolve(held('held'));
    await settle();
    expect([h.cache.peek('k'), tier.records.size]).toEqual([undefined, 0]);
  });

  it('can be used again once a load says so', async () => {
    const h = new Harness();
    await h.fill(held('v'));
    const asked = h.ask();
    h.at(1).resolve(LoadOutcome.notModified());
    await asked;
    expect(h.cache.peek('k')).toMatchObject({ value: 'v', ttlMs: 100 });
  });

  it('is one call for all processes that ask at once, and is kept by the one that made it', async () => {
    const { processes, loads } = cluster(3);
    for (let round = 1; round <= 2; round++) {
      const asked = processes.map((process) => process.ask());
      await settle();
      expect(loads()).toBe(round);
      for (const { loads } of processes) loads.at(-1)?.resolve(held('v'));
      expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'v', 'v']);
    }
  });
});
