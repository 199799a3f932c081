import { describe, expect, it } from '@jest/globals';
import { Harness } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';

describe('a cache that is released', () => {
  it('is not there any more, and makes room for another one', () => {
    const h = new Harness({ maxCaches: 2 });
    expect(() => h.caching.cache('second')).not.toThrow();
    expect(() => h.caching.cache('third')).toThrow('2');
    h.caching.release('second');
    h.caching.release('nobody');
    expect([...h.caching.all()].map(({ name }) => name)).not.toContain('second');
    expect(() => h.caching.cache('third')).not.toThrow();
  });

  it('leaves memory, and what the tiers below hold to the next one of its name', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const before = h.caching.cache('rule', { freshMs: 100, maxEntryBytes: 10_000 });
    await before.get('k', () => 'v');
    h.caching.release('rule');
    const after = h.caching.cache('rule', { freshMs: 100, maxEntryBytes: 20_000 });
    expect(after.peekStored('k')).toBeUndefined();
    expect(await after.lookUp('k', () => 'other')).toMatchObject({ value: 'v', served: 'hit' });
  });

  it('goes on for who has it in hand, and what it brings is not given to the next one', async () => {
    const h = new Harness();
    const before = h.caching.cache('rule');
    h.caching.release('rule');
    expect(await before.get('k', () => 'old')).toBe('old');
    expect(await h.caching.cache('rule').get('k', () => 'new')).toBe('new');
    await h.caching.invalidateAll();
    expect(h.caching.cache('rule').peek('k')).toBeUndefined();
  });

  it('has counted what it has, together with the others of its owner', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    for (const name of ['a~1', 'a~2']) {
      const cache = h.caching.cache(name, { owner: 'rule:a' });
      await cache.get('k', () => 'v');
      await cache.get('k', () => 'v');
      h.caching.release(name);
      await h.caching.cache(name, { owner: 'rule:a' }).get('k', () => 'unused');
      h.caching.release(name);
    }
    const cache = h.caching.cache('alone');
    await cache.get('k', () => 'v');
    h.caching.release('alone');
    const told = [...h.caching.released()].map(({ name, owner, counters }) => {
      const { hits, loads, foundFresh } = counters();
      return { name, owner, hits, loads, foundFresh };
    });
    expect(told).toEqual([
      { name: 'rule:a', owner: 'rule:a', hits: 2, loads: 2, foundFresh: { [tier.name]: 2 } },
      { name: 'alone', owner: undefined, hits: 0, loads: 1, foundFresh: {} },
    ]);
  });

  it('has one owner', () => {
    const h = new Harness();
    h.caching.cache('rule', { owner: 'rule:a' });
    expect(() => h.caching.cache('rule', { owner: 'rule:b' })).toThrow(
      '"caches.rule.owner" must be the owner it was made with, got "rule:b"',
    );
  });
});
