import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import type { CachingService } from '../caching.service.js';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import type { InvalidateOptions } from './invalidation-hub.js';
import { LoadOutcome } from './load-outcome.js';

const SOFT: InvalidateOptions = { soft: true };

const WAYS: [string, (caching: CachingService, how?: InvalidateOptions) => Promise<boolean>][] = [
  ['by its key', (caching, how) => caching.cache('test').invalidate('k', how)],
  ['by a tag', (caching, how) => caching.invalidateTag('t', how)],
  ["by its cache's name", (caching, how) => caching.invalidateCache('test', how)],
  ['by clearing its cache', (caching, how) => caching.cache('test').clear(how)],
  ['with everything', (caching, how) => caching.invalidateAll(how)],
];

/** Fresh for 100 ms, then of use for 900 ms as stale, and for 1 900 ms in place of an error. */
const value = (text: string, etag?: string) => LoadOutcome.keep(text, { tags: ['t'], etag });

describe.each(WAYS)('a soft invalidation %s', (_way, invalidate) => {
  it('ends freshness at once, and serves the value as stale while one call refreshes it', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    expect(await invalidate(h.caching, SOFT)).toBe(true);
    expect(h.cache.peek('k')).toBeUndefined();
    const served = await Promise.all([h.ask(), h.ask(), h.ask()]);
    for (const one of served) {
      expect(one).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'revalidating' });
    }
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve(value('new'));
    await settle();
    expect(h.cache.peek('k')?.value).toBe('new');
  });

  it('has stale times begin with it: no earlier end than after freshness would have had', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    h.clock.advance(40);
    await invalidate(h.caching, SOFT);
    expect(h.cache.peekStored('k')).toMatchObject({
      freshMs: 40,
      staleMs: 940,
      staleIfErrorMs: 1_940,
    });
    h.clock.advance(899);
    expect(await h.ask()).toMatchObject({ value: 'old', served: 'stale' });
    h.at(1).reject(new Error('down'));
    await settle();
    h.clock.advance(1_001);
    const late = h.ask();
    h.at(-1).reject(new Error('still down'));
    await expect(late).rejects.toThrow('still down');
  });

  it('lets the value stand in for an error', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    await invalidate(h.caching, SOFT);
    h.clock.advance(950);
    const asked = h.ask();
    h.at(1).reject(new Error('down'));
    expect(await asked).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
  });

  it('has the value confirmed where it may not be served, and so live once more', async () => {
    const h = new Harness({ policy: { staleMs: 0 } });
    await h.fill(value('old', '"1"'));
    await invalidate(h.caching, SOFT);
    const asked = h.ask();
    expect(h.at(1).context).toMatchObject({ previous: 'old', etag: '"1"' });
    h.at(1).resolve(LoadOutcome.notModified());
    expect(await asked).toMatchObject({ value: 'old', served: 'miss', stored: true });
    expect(h.cache.peek('k')?.value).toBe('old');
  });

  it('leaves as it is what is stale already', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    h.clock.advance(500);
    await invalidate(h.caching, SOFT);
    expect(h.cache.peekStored('k')).toMatchObject({ freshMs: 100, staleMs: 1_000 });
  });

  it('fences the flight in progress, whose value was read before it', async () => {
    const h = new Harness();
    const before = h.ask();
    void invalidate(h.caching, SOFT);
    const after = h.ask();
    h.at(0).resolve(value('old'));
    expect(await before).toMatchObject({ value: 'old', stored: false });
    h.at(1).resolve(value('new'));
    expect(await after).toMatchObject({ value: 'new', stored: true });
  });

  it('refreshes at once what has failed to be refreshed lately', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    h.clock.advance(200);
    await h.ask();
    h.at(1).reject(new Error('down'));
    await settle();
    await invalidate(h.caching, SOFT);
    if (_way === 'by a tag') return;
    await h.ask();
    expect(h.loads).toHaveLength(3);
  });

  it('says nothing of what came after it', async () => {
    const h = new Harness();
    await invalidate(h.caching, SOFT);
    await h.fill(value('new'));
    expect(h.cache.peek('k')?.value).toBe('new');
    h.cache.set('k', 'newer', { tags: ['t'] });
    expect(h.cache.peek('k')?.value).toBe('newer');
  });

  it('does not undo a hard one, nor a hard one it', async () => {
    const h = new Harness({ tiers: [new MapTier()] });
    await h.fill(value('old'));
    await invalidate(h.caching, SOFT);
    await invalidate(h.caching);
    expect(h.cache.peekStored('k')).toBeUndefined();
    await h.fill(value('older'));
    await invalidate(h.caching);
    await invalidate(h.caching, SOFT);
    expect(await h.cache.findStored('k')).toBeUndefined();
  });

  it('holds for tiers below memory, and for who finds the value there alone', async () => {
    const clock = new ManualClock();
    const disk = new MapTier();
    const before = new Harness({ clock, tiers: [disk] });
    await before.fill(value('old'));
    await settle();
    clock.advance(10);
    expect(await invalidate(before.caching, SOFT)).toBe(true);
    expect([...disk.records.values()]).toMatchObject([{ freshMs: 10, staleMs: 910 }]);

    const restarted = new Harness({ clock, tiers: [disk] });
    const found = restarted.ask();
    await settle();
    expect(await found).toMatchObject({ value: 'old', served: 'stale', tier: 'disk' });
    restarted.at(0).resolve(value('new'));
    await settle();
    expect(restarted.cache.peek('k')?.value).toBe('new');
  });

  it('holds while a tier has not done it yet', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk], memory: { maxEntries: 0 } });
    await h.fill(value('old'));
    await settle();
    disk.fault = new Error('busy');
    expect(await invalidate(h.caching, SOFT)).toBe(false);
    disk.fault = undefined;
    const found = h.ask();
    await settle();
    expect(await found).toMatchObject({ value: 'old', served: 'stale' });
    expect(h.loads).toHaveLength(2);
  });

  it('drops what lies in a tier that knows no other way', async () => {
    const disk = new MapTier();
    Object.defineProperty(disk, 'outdate', { value: undefined });
    const h = new Harness({ tiers: [disk] });
    await h.fill(value('old'));
    await settle();
    expect(await invalidate(h.caching, SOFT)).toBe(true);
    expect(disk.records.size).toBe(0);
    expect(await h.ask()).toMatchObject({ value: 'old', served: 'stale' });
  });

  it('is heard by every process, and one of them refreshes for all', async () => {
    const { at, loads, map } = cluster(3);
    await at(0).fill(value('old'));
    for (const process of [at(1), at(2)]) await process.fill();
    expect(loads()).toBe(1);
    expect(await invalidate(at(1).caching, SOFT)).toBe(true);
    for (const process of [at(0), at(1), at(2)]) {
      expect(process.cache.peek('k')).toBeUndefined();
      expect(await process.ask()).toMatchObject({ value: 'old', served: 'stale' });
    }
    await settle();
    expect(loads()).toBe(2);
    for (const { loads: own } of [at(0), at(1), at(2)]) own.at(-1)?.resolve(value('new'));
    await settle();
    expect([...map.records.values()]).toHaveLength(1);
    for (const process of [at(0), at(1), at(2)]) {
      await process.ask();
      await settle();
      expect(process.cache.peek('k')?.value).toBe('new');
    }
    expect(loads()).toBe(2);
  });

  it('has one of all processes ask anew for what may not be served', async () => {
    const { at, loads } = cluster(2, { policy: { staleMs: 0 } });
    await at(0).fill(value('old', '"1"'));
    await at(1).fill();
    await invalidate(at(0).caching, SOFT);
    const asked = [at(1).ask(), at(0).ask()];
    await settle();
    expect(loads()).toBe(2);
    expect(at(1).at(0).context).toMatchObject({ previous: 'old', etag: '"1"' });
    at(1).at(0).resolve(value('new'));
    await settle();
    for (const one of asked) expect(await one).toMatchObject({ value: 'new' });
    expect(loads()).toBe(2);
  });
});

describe('a soft invalidation', () => {
  it('reaches nothing else', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.keep('a', { tags: ['red'] }), 'a');
    await h.fill(LoadOutcome.keep('b', { tags: ['blue'] }), 'b');
    await h.cache.invalidate('a', SOFT);
    await h.caching.invalidateTag('green', SOFT);
    await h.caching.invalidateCache('other', SOFT);
    expect(h.cache.peek('b')?.value).toBe('b');
    expect(h.cache.peek('a')).toBeUndefined();
  });

  it('drops what nothing stale may be made of', async () => {
    const h = new Harness({ policy: { staleMs: 0, staleIfErrorMs: 0 }, tiers: [new MapTier()] });
    await h.fill('old');
    await h.cache.invalidate('k', SOFT);
    const asked = h.ask();
    await settle();
    h.at(1).reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });

  it('is told as what it is to who listens', async () => {
    const h = new Harness();
    const heard: unknown[] = [];
    h.caching.onInvalidation((invalidation) => heard.push(invalidation));
    await h.caching.invalidateTag('t', SOFT);
    await h.caching.invalidateTag('t', { soft: false });
    expect(heard).toEqual([
      { kind: 'tag', tag: 't', soft: true },
      { kind: 'tag', tag: 't' },
    ]);
  });

  it('of more than is remembered counts for all that was there', async () => {
    const h = new Harness({ maxInvalidations: 2, tiers: [new MapTier()] });
    for (const key of ['a', 'b', 'c', 'd']) await h.fill(`old ${key}`, key);
    for (const key of ['a', 'b', 'c']) await h.cache.invalidate(key, SOFT);
    for (const key of ['a', 'b', 'c', 'd']) expect(h.cache.peek(key)).toBeUndefined();
    expect(await h.ask('d')).toMatchObject({ value: 'old d', served: 'stale' });
  });
});
