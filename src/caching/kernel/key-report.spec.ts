import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { PreparedKey } from './cache-key.js';

describe('A report of a key', () => {
  it('says that there is nothing, and that the backend would be called', async () => {
    const h = new Harness();
    expect(await h.cache.inspect('k')).toEqual({
      ...{ cache: 'test', key: 'k', next: 'calls the backend', held: [] },
      ...{ isRefreshPaused: false, isPassed: false },
    });
    expect(h.loads).toHaveLength(0);
  });

  it('follows a value from fresh to expired', async () => {
    const h = new Harness();
    await h.fill('v', 'k', { tags: ['t'] });
    const state = async () => {
      const { next, held } = await h.cache.inspect('k');
      return [next, held[0]?.state, held[0]?.ageMs];
    };
    expect((await h.cache.inspect('k')).held).toEqual([
      {
        ...{ tier: 'memory', state: 'fresh', ageMs: 0, tags: ['t'] },
        ...{ freshMs: 100, staleMs: 1_000, staleIfErrorMs: 2_000 },
      },
    ]);
    expect(await state()).toEqual(['hit', 'fresh', 0]);
    h.clock.advance(100);
    expect(await state()).toEqual(['stale, refreshed behind', 'stale', 100]);
    h.clock.advance(900);
    expect(await state()).toEqual(['calls the backend', 'for errors alone', 1_000]);
    h.clock.advance(1_000);
    expect(await state()).toEqual(['calls the backend', 'expired', 2_000]);
    expect(h.loads).toHaveLength(1);
  });

  it('tells of the flight under way, of a pause after a failure, and of a key that is passed', async () => {
    const h = new Harness();
    void h.ask();
    await settle();
    const { next, flight } = await h.cache.inspect('k');
    expect([next, flight?.joiners]).toEqual(['joins the flight under way', 0]);
    expect(flight).not.toHaveProperty('key');
    h.at(0).resolve('v');
    await settle();
    h.clock.advance(100);
    void h.ask();
    await settle();
    h.at(1).reject(new Error('down'));
    await settle();
    expect(await h.cache.inspect('k')).toMatchObject({
      next: 'stale, as the last refresh has failed lately',
      isRefreshPaused: true,
    });
  });

  it('looks into the tiers below, and warms nothing by that', async () => {
    const clock = new ManualClock();
    const tier = new MapTier('disk');
    const before = new Harness({ clock, tiers: [tier] });
    await before.fill('v', ['k', 1]);
    const h = new Harness({ clock, tiers: [tier] });
    const report = await h.cache.inspect(['k', 1]);
    expect(report).toMatchObject({
      next: 'hit',
      held: [{ tier: 'disk', state: 'fresh', ageMs: 0 }],
    });
    clock.advance(500);
    const later = await h.cache.inspect(PreparedKey.ofText(report.key));
    expect(later).toMatchObject({ next: 'stale, refreshed behind', held: [{ state: 'stale' }] });
    expect(h.cache.entries).toBe(0);
  });

  it('refuses what is no key', async () => {
    const { cache } = new Harness();
    await expect(cache.inspect(undefined as never)).rejects.toMatchObject({
      code: 'BREAKWATER_INVALID_CACHE_KEY',
    });
  });

  it('shows a key by whose text it can be dropped', async () => {
    const h = new Harness();
    await h.fill('v', ['k', undefined]);
    const { key } = await h.cache.inspect(['k', undefined]);
    await h.cache.invalidate(PreparedKey.ofText(key));
    expect(h.cache.peek(['k', undefined])).toBeUndefined();
  });
});
