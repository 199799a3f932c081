import { describe, expect, it } from '@jest/globals';
import { arriving } from '../testing/arriving.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';
import type { SetOptions } from './look-up-options.js';

const broken = new Error('reset');

describe('a value that is still arriving', () => {
  it('is a hit at once, by the room reserved for it, and goes below when it is whole', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const { keep, end } = arriving('v');
    expect(await h.fill(keep)).toMatchObject({ value: 'v', served: 'miss', stored: true });
    expect(await h.ask()).toMatchObject({ value: 'v', served: 'hit' });
    expect(h.cache.peekStored('k')).toMatchObject({ value: 'v', filling: true });
    const reserved = h.caching.health().memory.bytes ?? NaN;
    expect([tier.records.size, h.cache.counters().stored]).toEqual([0, 0]);
    h.clock.advance(40);
    end(300);
    await settle();
    expect(h.caching.health().memory.bytes).toBe(reserved - 700);
    expect(h.cache.peekStored('k')).toMatchObject({ ageMs: 40, filling: false });
    expect([...tier.records.keys()]).toEqual(['test:k']);
    expect(h.events).toContainEqual({ type: 'stored', cache: 'test', key: 'k', sizeBytes: 300 });
    expect(h.cache.counters()).toMatchObject({ stored: 1, loads: 1, hits: 1 });
  });

  it('is on its way no longer once its head is there: who looks up has a hit, and joins nothing', async () => {
    const h = new Harness({});
    const look = h.ask();
    await settle();
    expect([h.cache.isLoading('k'), h.cache.isLoading('other')]).toEqual([true, false]);
    h.at(0).resolve(arriving('v').keep);
    await look;
    expect(h.cache.isLoading('k')).toBe(false);
  });

  it('has the room of the largest entry where none is reserved', async () => {
    const h = new Harness({ policy: { maxEntryBytes: 5_000 } });
    await h.fill(arriving('v', { sizeBytes: undefined as never }).keep);
    expect(h.caching.health().memory.bytes).toBeGreaterThanOrEqual(5_000);
  });

  it.each([
    ['breaks off', (fill: ReturnType<typeof arriving>) => fill.fail(broken)],
    ['turns out to be too large', (fill: ReturnType<typeof arriving>) => fill.end(5_001)],
    ['ends with no size', (fill: ReturnType<typeof arriving>) => fill.end(NaN)],
  ])('leaves memory when it %s, and nobody gets it', async (_why, happen) => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier], policy: { maxEntryBytes: 5_000 } });
    const fill = arriving('v');
    await h.fill(fill.keep);
    happen(fill);
    await settle();
    expect(h.cache.peekStored('k')).toBeUndefined();
    expect([tier.records.size, h.cache.counters().stored]).toEqual([0, 0]);
    void h.ask();
    await settle();
    expect(h.at(1).context.previous).toBeUndefined();
  });

  it('goes nowhere, nor does its end touch anything, once something newer has come', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const [whole, failed] = [arriving('old'), arriving('old')];
    await h.fill(whole.keep);
    h.cache.set('k', 'new');
    await h.fill(failed.keep, 'l');
    h.cache.set('l', 'new');
    await settle();
    const { bytes } = h.caching.health().memory;
    whole.end(10);
    failed.fail(broken);
    await settle();
    expect([h.cache.peek('k')?.value, h.cache.peek('l')?.value]).toEqual(['new', 'new']);
    expect(h.caching.health().memory.bytes).toBe(bytes);
    const again = new Harness({ clock: h.clock, tiers: [tier] });
    expect(await again.ask()).toMatchObject({ value: 'new' });
  });

  it.each([
    ['its key', (h: Harness) => h.cache.invalidate('k')],
    ['its tag', (h: Harness) => h.caching.invalidateTag('t')],
    ['its cache', (h: Harness) => h.cache.clear()],
    ['everything', (h: Harness) => h.caching.invalidateAll()],
  ])('is not kept where %s is invalidated meanwhile', async (_what, invalidate) => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const { keep, end } = arriving('v', { tags: ['t'] });
    await h.fill(keep);
    await invalidate(h);
    expect(h.cache.peekStored('k')).toBeUndefined();
    end(10);
    await settle();
    expect([h.cache.peekStored('k'), tier.records.size]).toEqual([undefined, 0]);
    expect(h.cache.counters().fenced).toBe(1);
  });

  it('is nowhere once it had to make room', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier], memory: { maxEntries: 1 } });
    const { keep, end } = arriving('v');
    await h.fill(keep);
    await h.fill('other', 'l');
    end(10);
    await settle();
    expect([...tier.records.keys()]).toEqual(['test:l']);
  });

  it('is its callers’ alone where memory has no room for it', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier], memory: { maxBytes: 1_000 } });
    const { keep, end } = arriving('v');
    expect(await h.fill(keep)).toMatchObject({ value: 'v', stored: false, unstored: 'no-room' });
    end(10);
    await settle();
    expect(tier.records.size).toBe(0);
  });

  it('makes way by itself where it is more than memory takes, and goes below all the same', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier], memory: { maxBytes: 2_000 } });
    await h.fill('other', 'l');
    const { keep, end } = arriving('v', { sizeBytes: 10 });
    await h.fill(keep);
    end(3_000);
    await settle();
    expect([h.cache.peekStored('k'), h.cache.peek('l')?.value]).toEqual([undefined, 'other']);
    expect(tier.records.has('test:k')).toBe(true);
  });

  it('has others make way where it is more than was reserved', async () => {
    const h = new Harness({ memory: { maxBytes: 2_000 } });
    await h.fill('other', 'l');
    const { keep, end } = arriving('v', { sizeBytes: 10 });
    await h.fill(keep);
    end(1_300);
    await settle();
    expect([h.cache.peek('k')?.value, h.cache.peek('l')]).toEqual(['v', undefined]);
  });

  it('takes no room once memory was emptied, whatever its size turns out to be', async () => {
    const h = new Harness();
    const { keep, end } = arriving('v');
    await h.fill(keep);
    await h.caching.close();
    end(10);
    await settle();
    expect(h.caching.health().memory).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('stays one that is still arriving when it is found not modified', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const { keep, end } = arriving('v');
    await h.fill(keep);
    h.clock.advance(1_500);
    const asked = h.ask();
    await settle();
    h.at(1).resolve(LoadOutcome.notModified());
    expect(await asked).toMatchObject({ value: 'v', ttlMs: 100 });
    await settle();
    expect(tier.records.size).toBe(0);
    end(10);
    await settle();
    expect([...tier.records.values()]).toMatchObject([{ etag: '"v"' }]);
    expect(h.cache.counters().stored).toBe(1);
  });

  it('is in memory alone where it is held back', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const { keep, end } = arriving('v', { revalidate: true });
    await h.fill(keep);
    end(10);
    await settle();
    expect(h.cache.peekStored('k')).toMatchObject({ value: 'v', filling: false, freshMs: 0 });
    expect(tier.records.size).toBe(0);
  });

  it('breaks off unheard where nobody keeps it', async () => {
    const h = new Harness();
    const { facts, fail } = arriving('v');
    expect(await h.fill(LoadOutcome.uncacheable('v', facts))).toMatchObject({ value: 'v' });
    fail(broken);
    await settle();
  });
});

describe('a value that is set while it is still arriving', () => {
  const set = (h: Harness, facts: SetOptions) =>
    h.cache.set('k', 'v', { asOf: h.cache.moment(), ...facts });

  it('is a hit at once, and goes below when it is whole', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const { facts, end } = arriving('v');
    expect(set(h, facts)).toBe(true);
    expect(h.cache.peekStored('k')).toMatchObject({ value: 'v', filling: true });
    expect([h.cache.counters().stored, tier.records.size]).toEqual([0, 0]);
    end(300);
    await settle();
    expect(h.cache.peekStored('k')).toMatchObject({ value: 'v', filling: false });
    expect([h.cache.counters().stored, tier.records.size]).toEqual([1, 1]);
  });

  it('leaves memory where it breaks off, or was invalidated meanwhile', async () => {
    const h = new Harness({});
    const broke = arriving('v');
    set(h, broke.facts);
    broke.fail(broken);
    await settle();
    expect(h.cache.peekStored('k')).toBeUndefined();
    const revoked = arriving('v', { tags: ['t'] });
    h.cache.set('k', 'v', revoked.facts);
    await h.caching.invalidateTag('t');
    revoked.end(10);
    await settle();
    expect(h.cache.peekStored('k')).toBeUndefined();
  });

  it('has the room of the largest entry where none is reserved, and none where memory has none', () => {
    const h = new Harness({ policy: { maxEntryBytes: 5_000 } });
    expect(set(h, { completed: new Promise(() => undefined) })).toBe(true);
    expect(h.caching.health().memory.bytes).toBeGreaterThanOrEqual(5_000);
    const none = new Harness({ memory: { maxBytes: 900 } });
    expect(set(none, arriving('v').facts)).toBe(false);
  });

  it('is in memory alone where it is to stay in this process, and nothing of before is below', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    h.cache.set('k', 'before');
    await settle();
    expect(tier.records.size).toBe(1);
    expect(set(h, { local: true })).toBe(true);
    await settle();
    expect([h.cache.peek('k')?.value, tier.records.size]).toEqual(['v', 0]);
  });
});

describe('a value that turns out to be for this process alone while it arrives', () => {
  it('stays in memory when it is whole, and goes no further', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    const { keep, end } = arriving('v', { confined: Promise.resolve() });
    await h.fill(keep);
    await settle();
    end(10);
    await settle();
    expect(h.cache.peek('k')?.value).toBe('v');
    expect(tier.records.size).toBe(0);
  });

  it('has gone where it has gone, if that turns out too late', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    let confine!: () => void;
    const confined = new Promise<void>((resolve) => {
      confine = resolve;
    });
    const never = Promise.reject(new Error('never'));
    never.catch(() => undefined);
    const { keep, end } = arriving('v', { confined });
    await h.fill(keep);
    const other = arriving('w', { confined: never });
    await h.fill(other.keep, 'l');
    end(10);
    other.end(10);
    await settle();
    confine();
    await settle();
    expect(tier.records.size).toBe(2);
  });
});

describe('a value that turns out to be too large to be kept', () => {
  it('is followed by calls side by side', async () => {
    const h = new Harness({ policy: { maxEntryBytes: 5_000 } });
    const { keep, end } = arriving('v');
    await h.fill(keep);
    end(5_001);
    await settle();
    const asked = [h.ask(), h.ask()];
    await settle();
    expect(h.loads).toHaveLength(3);
    h.at(1).resolve('w');
    h.at(2).resolve('w');
    await Promise.all(asked);
  });
});
