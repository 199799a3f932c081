import { describe, expect, it } from '@jest/globals';
import type { CachingService } from '../caching.service.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import type { Invalidation } from './epochs.js';
import { LoadOutcome } from './load-outcome.js';

const WAYS: [string, (caching: CachingService) => Promise<boolean>][] = [
  ['by its key', (caching) => caching.cache('test').invalidate('k')],
  ['by a tag', (caching) => caching.invalidateTag('t')],
  ["by its cache's name", (caching) => caching.invalidateCache('test')],
  ['by clearing its cache', (caching) => caching.cache('test').clear()],
  ['with everything', (caching) => caching.invalidateAll()],
];

describe.each(WAYS)('an invalidation %s', (_way, invalidate) => {
  const value = (text: string) => LoadOutcome.keep(text, { tags: ['t'] });

  it('takes effect at once', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    void invalidate(h.caching);
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('fences the flight in progress: its value goes to those who waited, and is not stored', async () => {
    const h = new Harness();
    const asked = h.ask();
    void invalidate(h.caching);
    h.at(0).resolve(value('old'));
    expect(await asked).toMatchObject({ value: 'old', stored: false });
    expect(h.cache.peek('k')).toBeUndefined();
    expect(h.cache.counters()).toMatchObject({ fenced: 1, stored: 0 });
  });

  it('keeps the value of the flight in progress from whoever comes later', async () => {
    const h = new Harness();
    void h.ask('unrelated');
    void h.ask();
    void invalidate(h.caching);
    const later = [h.ask(), h.ask()];
    h.at(1).resolve(value('old'));
    await settle();
    h.at(-1).resolve(value('new'));
    expect(await Promise.all(later)).toMatchObject([{ value: 'new' }, { value: 'new' }]);
    expect(h.loads).toHaveLength(3);
    expect(h.cache.peek('k')?.value).toBe('new');
  });

  it('is not undone by a refresh under way', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    h.clock.advance(200);
    await h.ask();
    void invalidate(h.caching);
    h.at(1).resolve(value('refreshed before'));
    await settle();
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('is not undone by a renewal under way', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.keep('old', { tags: ['t'], etag: '"1"' }));
    h.clock.advance(200);
    await h.ask();
    void invalidate(h.caching);
    h.at(1).resolve(LoadOutcome.notModified());
    await settle();
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('is not undone by an error under way: the value replaces none any more', async () => {
    const h = new Harness();
    await h.fill(value('old'));
    h.clock.advance(1_500);
    const asked = h.ask();
    void invalidate(h.caching);
    h.at(1).reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });

  it('holds for a tier below that has not heard of it yet', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    await h.fill(value('old'));
    let open = () => {};
    disk.gate = new Promise((resolve) => (open = resolve));
    const invalidated = invalidate(h.caching);
    disk.gate = undefined;
    expect(disk.records.size).toBe(1);
    const asked = h.ask();
    await settle();
    h.at(1).resolve(value('new'));
    expect(await asked).toMatchObject({ value: 'new', served: 'miss' });
    open();
    await invalidated;
  });

  it('holds for a tier below that has failed to carry it out', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    await h.fill(value('old'));
    disk.fault = new Error('EIO');
    await invalidate(h.caching);
    disk.fault = undefined;
    expect(disk.records.size).toBe(1);
    void h.ask();
    await settle();
    expect(h.loads).toHaveLength(2);
  });

  it('drops what the tiers below have', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    await h.fill(value('old'));
    await invalidate(h.caching);
    expect(disk.records.size).toBe(0);
  });

  it('keeps what a tier below is just reading from memory', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    await h.fill(value('old'));
    const other = new Harness({ tiers: [disk], clock: h.clock });
    let open = () => {};
    disk.gate = new Promise((resolve) => (open = resolve));
    const asked = other.ask();
    disk.gate = undefined;
    disk.fault = new Error('EIO');
    const invalidated = invalidate(other.caching);
    disk.fault = undefined;
    open();
    await invalidated;
    await settle();
    other.loads[0]?.resolve(value('new'));
    expect(await asked).toMatchObject({ value: 'new', served: 'miss', stored: false });
    expect(other.cache.peek('k')).toBeUndefined();
  });
});

describe('invalidation', () => {
  it('leaves other keys, tags and caches alone', async () => {
    const h = new Harness();
    const other = h.caching.cache('other');
    h.cache.set('k', 1, { tags: ['t'] });
    h.cache.set('l', 2, { tags: ['u'] });
    other.set('k', 3);
    await h.cache.invalidate('k');
    await h.caching.invalidateTag('t');
    await h.caching.invalidateTag('never used');
    expect(h.cache.peek('l')?.value).toBe(2);
    await h.cache.clear();
    expect(h.cache.peek('l')).toBeUndefined();
    expect(other.peek('k')?.value).toBe(3);
  });

  it('tells keys apart by their parts', async () => {
    const h = new Harness();
    h.cache.set(['a::b', 'c'], 1);
    await h.cache.invalidate(['a', 'b::c']);
    expect(h.cache.peek(['a::b', 'c'])?.value).toBe(1);
  });

  it('lets a flight begin anew at once, beside the fenced one', async () => {
    const h = new Harness();
    const before = h.ask();
    void h.cache.invalidate('k');
    const after = h.ask();
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('new');
    expect(await after).toMatchObject({ value: 'new', stored: true });
    h.at(0).resolve('old');
    expect(await before).toMatchObject({ value: 'old', stored: false });
    expect(h.cache.peek('k')?.value).toBe('new');
  });

  it('ends the pause after a failed refresh', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    h.at(1).reject(new Error('down'));
    await settle();
    void h.cache.invalidate('k');
    void h.ask();
    expect(h.loads).toHaveLength(3);
  });

  it('costs the same for one value and for 20 000', async () => {
    const h = new Harness({ memory: { maxBytes: 1e9 } });
    /** The least of some tries: others may have the machine during one of them. */
    const leastMs = (invalidate: () => unknown) => {
      let least = Infinity;
      for (let tries = 0; tries < 5; tries++) {
        for (let i = 0; i < 20_000; i++) h.cache.set(`k${i}`, i, { tags: ['t'], sizeBytes: 8 });
        const startedAt = performance.now();
        invalidate();
        least = Math.min(least, performance.now() - startedAt);
        expect(h.cache.peek('k5')).toBeUndefined();
      }
      return least;
    };
    expect(leastMs(() => h.caching.invalidateTag('t'))).toBeLessThan(5);
    expect(leastMs(() => h.cache.clear())).toBeLessThan(5);
    expect(h.cache.entries).toBe(0);
  });

  it('is told to listeners, for other processes, and applied there without being told on', async () => {
    const here = new Harness();
    const there = new Harness();
    const sent: Invalidation[] = [];
    const echoed: Invalidation[] = [];
    const stop = here.caching.onInvalidation((invalidation) => {
      sent.push(invalidation);
      void there.caching.apply(JSON.parse(JSON.stringify(invalidation)) as Invalidation);
    });
    there.caching.onInvalidation((invalidation) => echoed.push(invalidation));
    for (const [, invalidate] of WAYS) {
      there.cache.set('k', 1, { tags: ['t'] });
      await invalidate(here.caching);
      expect(there.cache.peek('k')).toBeUndefined();
    }
    expect(sent).toEqual([
      { kind: 'key', cache: 'test', key: 'k' },
      { kind: 'tag', tag: 't' },
      { kind: 'cache', cache: 'test' },
      { kind: 'cache', cache: 'test' },
      { kind: 'all' },
    ]);
    expect(echoed).toEqual([]);
    stop();
    await here.caching.invalidateAll();
    expect(sent).toHaveLength(5);
  });

  it('can be applied to memory alone', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    h.cache.set('k', 1);
    await settle();
    await h.caching.apply({ kind: 'all' }, { memoryOnly: true });
    expect(h.cache.peek('k')).toBeUndefined();
    expect(disk.records.size).toBe(1);
  });

  it('works for caches that this process has not used', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    h.cache.set('k', 1);
    await settle();
    const other = new Harness({ tiers: [disk], clock: h.clock });
    await other.caching.apply({ kind: 'key', cache: 'test', key: 'k' });
    expect(disk.records.size).toBe(0);
    await other.caching.invalidateCache('never-made');
    await other.caching.apply({ kind: 'key', cache: 'never-made', key: 'k' });
  });
});
