import { describe, expect, it } from '@jest/globals';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { CallerTimeoutError } from '../../coalescing/index.js';

describe('what any tier has', () => {
  it('is found in memory, and below it, which warms memory; no backend is asked', async () => {
    const tier = new MapTier();
    const before = new Harness({ tiers: [tier] });
    before.cache.set('k', 'v');
    expect(await before.cache.findStored('k')).toMatchObject({ value: 'v' });
    await settle();
    const after = new Harness({ tiers: [tier], clock: before.clock });
    expect(after.cache.peekStored('k')).toBeUndefined();
    expect(await after.cache.findStored('k')).toMatchObject({ value: 'v', filling: false });
    expect(after.cache.peek('k')?.value).toBe('v');
    expect(await after.cache.findStored('other')).toBeUndefined();
    expect(after.loads).toEqual([]);
  });

  it('is found with the other processes, where there are any', async () => {
    const { at, loads } = cluster(2);
    await at(0).fill('v');
    await settle();
    expect(await at(1).cache.findStored('k')).toMatchObject({ value: 'v' });
    expect(await at(1).cache.findStored('other')).toBeUndefined();
    expect(loads()).toBe(1);
  });
});

describe('who waits for the load of another so long and no longer', () => {
  it('gives up then, unless a stale value stands in, and the next one loads', async () => {
    const h = new Harness({});
    void h.ask();
    await settle();
    const joiner = h.ask('k', { waitMaxMs: 100 });
    h.clock.advance(100);
    await expect(joiner).rejects.toBeInstanceOf(CallerTimeoutError);
    const next = h.ask('k', { waitMaxMs: 100 });
    await settle();
    h.at(1).resolve('v');
    expect(await next).toMatchObject({ value: 'v', served: 'miss' });
  });
});
