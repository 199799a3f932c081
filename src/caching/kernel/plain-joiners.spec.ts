import { describe, expect, it } from '@jest/globals';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';
import type { CacheLoader } from './load-outcome.js';

/** Callers of `get` who ask for nothing special, each with a loader of its own. */
class Callers {
  /** Whose loaders were called, in order. */
  readonly called: number[] = [];

  constructor(
    readonly h: Harness,
    private readonly outcomeOf: (caller: number) => unknown,
  ) {}

  get(caller: number): Promise<unknown> {
    return this.h.cache.get('k', () => {
      this.called.push(caller);
      return this.outcomeOf(caller);
    });
  }
}

describe('callers who join a flight and ask for nothing special', () => {
  it('get its value, each counted as collapsed', async () => {
    const h = new Harness();
    const asked = Array.from({ length: 50 }, () => h.cache.get('k', h.load));
    h.at(0).resolve('v');
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, () => 'v'));
    expect(h.loads).toHaveLength(1);
    expect(h.cache.counters()).toMatchObject({ misses: 1, collapsed: 49 });
    expect(h.coalescer.counters()).toMatchObject({ led: 1, joined: 49 });
  });

  it('share its error, each counted as one', async () => {
    const h = new Harness();
    const asked = [1, 2, 3].map(() => h.cache.get('k', h.load));
    h.at(0).reject(new Error('down'));
    for (const each of asked) await expect(each).rejects.toThrow('down');
    expect(h.cache.counters()).toMatchObject({ misses: 0, collapsed: 0, errors: 3 });
  });

  it('make calls of their own, by their own loaders, where the value is its leader’s alone', async () => {
    const callers = new Callers(new Harness(), (caller) => LoadOutcome.unshared(`of ${caller}`));
    const asked = [1, 2, 3, 4].map((caller) => callers.get(caller));
    expect(await Promise.all(asked)).toEqual(['of 1', 'of 2', 'of 3', 'of 4']);
    expect(callers.called).toEqual([1, 2, 3, 4]);
  });

  it('keep their own loaders apart, where some came before an invalidation and some after', async () => {
    const h = new Harness();
    const before = [1, 2].map(() => h.cache.get('k', h.load));
    void h.cache.invalidate('other');
    const callers = new Callers(h, (caller) => LoadOutcome.unshared(`of ${caller}`));
    const after = [3, 4].map((caller) => callers.get(caller));
    h.at(0).resolve(LoadOutcome.unshared('of 1'));
    await settle();
    h.at(1).resolve(LoadOutcome.unshared('of 2'));
    expect(await Promise.all([...before, ...after])).toEqual(['of 1', 'of 2', 'of 3', 'of 4']);
    expect(callers.called).toEqual([3, 4]);
  });

  it('do not take what was invalidated by its tag before they came', async () => {
    const h = new Harness();
    const first = h.cache.get('k', h.load);
    void h.caching.invalidateTag('t');
    const later = h.cache.get('k', h.load);
    h.at(0).resolve(LoadOutcome.keep('old', { tags: ['t'] }));
    await settle();
    h.at(1).resolve('new');
    expect(await Promise.all([first, later])).toEqual(['old', 'new']);
  });

  it('get what a tier has, counted as a hit of it', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    await h.fill('v');
    const other = new Harness({ clock: h.clock, tiers: [tier] });
    const asked = [1, 2].map(() => other.cache.get('k', other.load));
    expect(await Promise.all(asked)).toEqual(['v', 'v']);
    expect(other.loads).toHaveLength(0);
    expect(other.cache.counters()).toMatchObject({ misses: 0, collapsed: 0 });
  });

  it('have a copy each, where values are copied', async () => {
    const h = new Harness({ coalescer: { shareAs: 'clone' } });
    const asked = [1, 2, 3].map(() => h.cache.get('k', h.load as CacheLoader<object>));
    h.at(0).resolve({ deep: {} });
    expect(new Set(await Promise.all(asked)).size).toBe(3);
  });

  it('are refused beyond its bound', async () => {
    const h = new Harness({ coalescer: { maxJoinersPerFlight: 1 } });
    const asked = [1, 2].map(() => h.cache.get('k', h.load));
    await expect(h.cache.get('k', h.load)).rejects.toThrow(/joiners/i);
    h.at(0).resolve('v');
    expect(await Promise.all(asked)).toEqual(['v', 'v']);
  });
});
