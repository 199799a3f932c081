import { describe, expect, it } from '@jest/globals';
import { createCoalescer } from '../../coalescing/index.js';
import { ManualClock } from '../../ground/manual-clock.js';
import { CachingService } from '../index.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import type { CacheEvent } from './cache-telemetry.js';

describe('counters of a cache', () => {
  it('tell by which tier each look-up was answered, whoever led the flight', async () => {
    const disk = new MapTier();
    const before = new Harness({ tiers: [disk] });
    await before.fill('v');
    const h = new Harness({ clock: before.clock, tiers: [disk] });
    await Promise.all([h.ask(), h.ask(), h.ask()]);
    expect(h.cache.counters()).toMatchObject({
      foundFresh: { [disk.name]: 3 },
      hits: 0,
      misses: 0,
    });
    before.clock.advance(150);
    const later = new Harness({ clock: before.clock, tiers: [disk] });
    await later.ask();
    const { foundStale, staleHits, answeredAndCalled } = later.cache.counters();
    expect([foundStale, staleHits, answeredAndCalled]).toEqual([{ [disk.name]: 1 }, 1, 1]);
  });

  it('count once the call that is made behind many stale answers', async () => {
    const h = new Harness();
    await h.fill('v');
    h.clock.advance(150);
    await Promise.all([h.ask(), h.ask(), h.ask()]);
    expect(h.cache.counters()).toMatchObject({ staleHits: 3, answeredAndCalled: 1, refreshes: 1 });
    h.at(-1).reject(new Error('down'));
    await settle();
    await h.ask();
    expect(h.cache.counters()).toMatchObject({ staleHits: 4, answeredAndCalled: 1 });
  });

  it('count the call whose failure a stale value has stood in for', async () => {
    const h = new Harness();
    await h.fill('v');
    h.clock.advance(1_500);
    const asked = [h.ask(), h.ask()];
    await settle();
    h.at(-1).reject(new Error('down'));
    await Promise.all(asked);
    expect(h.cache.counters()).toMatchObject({ staleIfError: 2, answeredAndCalled: 1 });
  });

  it('count no call twice where an answer waited for its own refresh', async () => {
    const h = new Harness({ policy: { softTimeoutMs: 10 } });
    await h.fill('v');
    h.clock.advance(150);
    const asked = h.ask();
    await settle();
    h.at(-1).resolve('new');
    expect(await asked).toMatchObject({ value: 'new' });
    expect(h.cache.counters()).toMatchObject({ answeredAndCalled: 0, misses: 2 });
    h.clock.advance(150);
    const late = h.ask();
    await settle();
    h.clock.advance(10);
    expect(await late).toMatchObject({ served: 'stale' });
    expect(h.cache.counters()).toMatchObject({ answeredAndCalled: 1, staleHits: 1 });
  });

  it('count an early refresh behind a hit', async () => {
    const h = new Harness({ policy: { earlyRefresh: 1 } });
    const asked = h.ask();
    h.clock.advance(50);
    h.at(-1).resolve('v');
    await asked;
    h.clock.advance(40);
    h.chance = 0.999999;
    await h.ask();
    expect(h.cache.counters()).toMatchObject({ hits: 1, refreshes: 1, answeredAndCalled: 1 });
  });

  it('count requests that pass it by', () => {
    const h = new Harness();
    h.cache.passedBy();
    expect(h.cache.counters().bypassed).toBe(1);
  });

  it('are a copy', async () => {
    const disk = new MapTier();
    const before = new Harness({ tiers: [disk] });
    await before.fill('v');
    const h = new Harness({ clock: before.clock, tiers: [disk] });
    await h.ask();
    (h.cache.counters().foundFresh as Record<string, number>)[disk.name] = 99;
    expect(h.cache.counters().foundFresh).toEqual({ [disk.name]: 1 });
  });
});

describe('what had to go to make room', () => {
  it('is counted, and told once it is gone', () => {
    const h = new Harness({ memory: { maxEntries: 2 } });
    for (const key of ['a', 'b', 'c', 'd']) h.cache.set(key, key);
    h.cache.set('d', 'again');
    void h.cache.invalidate('d');
    const evicted = h.events.filter((event) => event.type === 'evicted');
    expect(evicted).toMatchObject([
      { cache: 'test', key: 'a', tier: 'memory' },
      { cache: 'test', key: 'b', tier: 'memory' },
    ]);
    expect(evicted[0]).toMatchObject({ sizeBytes: expect.any(Number) });
    expect(h.caching.health().memory).toMatchObject({ entries: 1, evictions: 2 });
  });

  it('is told to nobody when nobody listens, and goes whatever a subscriber does', () => {
    const clock = new ManualClock();
    const coalescer = createCoalescer('test', {}, { clock, scheduler: clock });
    let listening = false;
    let told = 0;
    const events = {
      get hasSubscribers() {
        return listening;
      },
      publish({ type }: CacheEvent): void {
        if (type !== 'evicted') return;
        told++;
        throw new Error('bad subscriber');
      },
    };
    const options = { coalescer, memory: { maxEntries: 1 } };
    const caching = new CachingService(options, { clock, scheduler: clock, events });
    const put = (key: string) => caching.set(key, key);
    put('a');
    put('b');
    expect([told, caching.health().memory.evictions]).toEqual([0, 1]);
    listening = true;
    put('c');
    expect([told, caching.health().memory.entries]).toEqual([1, 1]);
  });
});
