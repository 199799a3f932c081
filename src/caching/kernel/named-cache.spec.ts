import { describe, expect, it } from '@jest/globals';
import { Harness, settle } from '../testing/harness.js';
import type { CacheCoalescer } from './cache-context.js';
import { LoadOutcome } from './load-outcome.js';

/** Runs the flights of `h`, none of which can be joined, after `turn`. */
function overlapping({ coalescer }: Harness, turn = () => Promise.resolve()): CacheCoalescer {
  return {
    join: async (_keys, _key, load) => {
      await turn();
      return coalescer.runAlone(load);
    },
    runAlone: (load) => coalescer.runAlone(load),
    valueSharing: coalescer.valueSharing,
  };
}

describe('a look-up', () => {
  it('calls the loader once for 50 callers, and tells who led', async () => {
    const h = new Harness();
    const asked = Array.from({ length: 50 }, () => h.ask());
    expect(h.loads).toHaveLength(1);
    h.at(0).resolve('v');
    const results = await Promise.all(asked);
    expect(results.map(({ value }) => value)).toEqual(results.map(() => 'v'));
    expect(results.map(({ served }) => served)).toEqual([
      'miss',
      ...results.slice(1).map(() => 'collapsed'),
    ]);
    expect(results[0]).toMatchObject({ ageMs: 0, ttlMs: 100, stored: true });
  });

  it('calls the loader in the same turn, where no tier has to be asked', () => {
    const h = new Harness();
    void h.ask();
    expect(h.loads).toHaveLength(1);
  });

  it('answers a fresh hit at once, with its age', async () => {
    const h = new Harness();
    await h.fill();
    h.clock.advance(30);
    expect(h.cache.peek('k')).toMatchObject({
      value: 'v',
      served: 'hit',
      ageMs: 30,
      ttlMs: 70,
      tier: 'memory',
    });
    expect(await h.ask()).toMatchObject({ value: 'v', served: 'hit', ageMs: 30 });
    expect(h.loads).toHaveLength(1);
  });

  it('serves 50 stale hits at once, with one refresh behind', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(200);
    const results = await Promise.all(Array.from({ length: 50 }, () => h.ask()));
    expect(results).toEqual(
      results.map(() =>
        expect.objectContaining({
          value: 'old',
          served: 'stale',
          staleBecause: 'revalidating',
          ageMs: 200,
          ttlMs: -100,
        }),
      ),
    );
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('new');
    await settle();
    expect(h.cache.peek('k')).toMatchObject({ value: 'new', ageMs: 0 });
  });

  it('gives callers without a value the value of the refresh in progress', async () => {
    const h = new Harness({ memory: { maxEntries: 1 } });
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    h.cache.set('other', 1);
    const joiner = h.ask();
    h.at(1).resolve('new');
    expect(await joiner).toMatchObject({ value: 'new', served: 'collapsed' });
    expect(h.loads).toHaveLength(2);
  });

  it('uses what was stored while its flight waited for its turn', async () => {
    const h = new Harness();
    let start = () => {};
    const started = new Promise<void>((resolve) => (start = resolve));
    const late = overlapping(h, () => started);
    const asked = h.ask('k', { coalescer: late });
    h.cache.set('k', 'set');
    start();
    expect(await asked).toMatchObject({ value: 'set', served: 'hit', tier: 'memory' });
    expect(h.loads).toHaveLength(0);
  });

  it('keeps the value of the later flight, where a coalescer lets two overlap', async () => {
    const h = new Harness();
    const coalescer = overlapping(h);
    const asked = [h.ask('k', { coalescer }), h.ask('k', { coalescer })];
    await settle();
    h.at(1).resolve('later');
    await asked[1];
    h.at(0).resolve('earlier');
    expect(await asked[0]).toMatchObject({ value: 'earlier', stored: false });
    expect(h.cache.peek('k')?.value).toBe('later');
  });

  it('lives by the policy of the call that stored the value', async () => {
    const h = new Harness();
    await h.fill('v', 'k', { freshMs: 500 });
    h.clock.advance(499);
    expect(h.cache.peek('k')).toBeDefined();
    h.clock.advance(1);
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('counts age from birth at the backend', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.keep('v', { ageMs: 60 }));
    expect(h.cache.peek('k')).toMatchObject({ ageMs: 60, ttlMs: 40 });
  });

  it('has its freshness shortened at random', async () => {
    const h = new Harness();
    h.chance = 0.5;
    await h.fill();
    expect(h.cache.peek('k')?.ttlMs).toBeCloseTo(95);
  });

  it.each<[string, (h: Harness) => unknown]>([
    ['get', (h) => h.cache.get('a', h.load)],
    ['peek', (h) => h.cache.peek('a')],
    ['lookUp', (h) => h.ask('a')],
  ])('counts as use: what was not asked for goes first (%s)', async (_, use) => {
    const h = new Harness({ memory: { maxEntries: 2 } });
    h.cache.set('a', 1);
    h.cache.set('b', 2);
    for (const kept of ['c', 'd']) {
      h.clock.advance(1);
      await use(h);
      h.cache.set(kept, 3);
    }
    expect(['a', 'b', 'c', 'd'].filter((key) => h.cache.peek(key))).toEqual(['a', 'd']);
  });

  it('finds every falsy value', async () => {
    const h = new Harness();
    for (const value of [undefined, null, 0, '', false, NaN]) {
      const key = String(value);
      await h.cache.get(key, () => value);
      expect(h.cache.peek(key)).toMatchObject({ value, served: 'hit' });
      expect(await h.cache.get(key, h.load)).toBe(value);
    }
  });
});

describe('setting a value', () => {
  it('stores it in all tiers, to be invalidated by its tags', async () => {
    const h = new Harness();
    expect(h.cache.set('k', 'v', { tags: ['t'], etag: '"1"', ageMs: 10 })).toBe(true);
    expect(h.cache.peek('k')).toMatchObject({ value: 'v', etag: '"1"', ttlMs: 90 });
    await h.caching.invalidateTag('t');
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('leaves nothing behind when it is too large', () => {
    const h = new Harness({ policy: { maxEntryBytes: 100 } });
    h.cache.set('k', 'old');
    expect(h.cache.set('k', 'x'.repeat(100))).toBe(false);
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('fences the flight in progress, and lets nobody join it any more', async () => {
    const h = new Harness();
    const before = h.ask();
    h.cache.set('k', 'set');
    h.at(0).resolve('loaded before');
    expect(await before).toMatchObject({ value: 'loaded before', stored: false });
    expect(h.cache.peek('k')?.value).toBe('set');
  });
});

describe('setting a value that was read from its source before', () => {
  const WAYS: [string, (h: Harness) => unknown][] = [
    ['by its key', (h) => h.cache.invalidate('k')],
    ['by a tag', (h) => h.caching.invalidateTag('t')],
    ["by its cache's name", (h) => h.caching.invalidateCache('test')],
    ['with everything', (h) => h.caching.invalidateAll()],
    ['by another process', (h) => h.caching.apply({ kind: 'key', cache: 'test', key: 'k' })],
  ];

  it.each(WAYS)('does not bring back what was invalidated meanwhile %s', (_, invalidate) => {
    const h = new Harness();
    const asOf = h.caching.moment();
    void invalidate(h);
    expect(h.cache.set('k', 'read before', { asOf, tags: ['t'] })).toBe(false);
    expect(h.cache.peek('k')).toBeUndefined();
    expect(h.cache.counters().fenced).toBe(1);
    const later = h.cache.moment();
    expect(h.cache.set('k', 'read after', { asOf: later, tags: ['t'] })).toBe(true);
    expect(h.cache.peek('k')?.value).toBe('read after');
  });

  it('is not touched by the invalidation of something else', () => {
    const h = new Harness();
    const asOf = h.cache.moment();
    void h.cache.invalidate('other');
    void h.caching.invalidateTag('other');
    expect(h.cache.set('k', 'v', { asOf })).toBe(true);
  });

  it('does not replace what a later flight has brought, and is replaced by it', async () => {
    const h = new Harness();
    const asOf = h.cache.moment();
    const flight = h.ask();
    expect(h.cache.set('k', 'older', { asOf })).toBe(true);
    h.at(0).resolve('newer');
    expect(await flight).toMatchObject({ value: 'newer', stored: true });
    expect(h.cache.set('k', 'older', { asOf })).toBe(false);
    expect(h.cache.peek('k')?.value).toBe('newer');
  });

  it('fences a flight that began earlier', async () => {
    const h = new Harness();
    const flight = h.ask();
    h.cache.set('k', 'newer', { asOf: h.cache.moment() });
    h.at(0).resolve('older');
    expect(await flight).toMatchObject({ value: 'older', stored: false });
    expect(h.cache.peek('k')?.value).toBe('newer');
  });

  it('has the value as old as the question', () => {
    const h = new Harness();
    const asOf = h.cache.moment();
    h.clock.advance(30);
    h.cache.set('k', 'v', { asOf, ageMs: 10 });
    expect(h.cache.peek('k')).toMatchObject({ ageMs: 40, ttlMs: 60 });
  });

  it('needs a moment of the cache: a date is refused', () => {
    const h = new Harness();
    expect(() => h.cache.set('k', 'v', { asOf: Date.now() as never })).toThrow(
      'a moment, as moment() gives it',
    );
  });
});
