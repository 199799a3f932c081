import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { v8Codec } from '../caching.options.js';
import { LoadOutcome } from './load-outcome.js';

class Price {
  amount = 1;
}

interface Cheap {
  price: { amount: number };
}

const REFUSED = { name: 'UnshareableValueError', code: 'BREAKWATER_UNSHAREABLE_VALUE' };

const cheap = (): Cheap => ({ price: { amount: 1 } });

describe('a value that must not be shared', () => {
  it.each([
    ['an instance of a class', new Price()],
    ['an instance inside a value', { prices: [new Price()] }],
  ])('is refused to all callers of its flight and stored nowhere: %s', async (_, value) => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    const asked = [h.ask(), h.ask()];
    await settle();
    h.at(0).resolve(value);
    const [first, second] = await Promise.allSettled(asked);
    expect(first).toMatchObject({ status: 'rejected', reason: REFUSED });
    expect(second).toEqual(first);
    await settle();
    expect(h.cache.peek('k')).toBeUndefined();
    expect(disk.records.size).toBe(0);
    expect(h.cache.counters()).toMatchObject({
      ...{ loads: 1, errors: 2, stored: 0 },
      ...{ staleHits: 0, staleIfError: 0, refreshFailures: 0 },
    });
  });

  it.each([true, false])('is refused in the same way where cacheable says %s', async (kept) => {
    const h = new Harness({ policy: { cacheable: () => kept } });
    for (const loads of [1, 2]) {
      await expect(h.fill(new Price())).rejects.toMatchObject(REFUSED);
      expect(h.loads).toHaveLength(loads);
    }
    expect(h.cache.counters()).toMatchObject({ uncacheable: 0, passed: 0 });
  });

  it('is replaced by the older value, as an error is', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_500);
    const asked = [h.ask(), h.ask()];
    h.at(1).resolve(new Price());
    for (const ask of asked) {
      expect(await ask).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
    }
    expect(h.cache.counters()).toMatchObject({ stored: 1, refreshFailures: 1, staleIfError: 2 });
  });

  it('fails the refresh that brought it: the older value stays, and there is a pause', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    h.at(1).resolve(new Price());
    await settle();
    expect(h.events).toContainEqual(
      expect.objectContaining({ type: 'refresh-failed', error: expect.objectContaining(REFUSED) }),
    );
    expect(await h.ask()).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
    expect(h.loads).toHaveLength(2);
    h.clock.advance(50);
    expect(await h.ask()).toMatchObject({ value: 'old', staleBecause: 'revalidating' });
    expect(h.loads).toHaveLength(3);
    expect(h.cache.counters()).toMatchObject({ stored: 1, refreshes: 2, refreshFailures: 1 });
  });

  it('is refused in every process that waits for it, and published to none', async () => {
    const { processes, map, loads, at } = cluster(2);
    const asked = processes.map((process) => process.ask());
    const ended = Promise.allSettled(asked);
    await settle();
    at(0).at(0).resolve(new Price());
    for (const outcome of await ended) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: REFUSED });
    }
    expect(loads()).toBe(1);
    expect(map.records.size).toBe(0);
  });

  it('counts as damaged where a codec makes it of what a tier has', async () => {
    const clock = new ManualClock();
    const disk = new MapTier();
    await new Harness({ clock, tiers: [disk] }).fill(cheap());
    const decode = () => new Price();
    const h = new Harness({ clock, tiers: [disk], codec: { ...v8Codec, decode } });
    const asked = h.ask();
    await settle();
    h.at(0).resolve('loaded');
    expect(await asked).toMatchObject({ value: 'loaded', served: 'miss' });
    expect(h.caching.health().tiers[0]).toMatchObject({ damaged: 1 });
  });

  it('cannot be set: what was stored stays, and so do flights', async () => {
    const h = new Harness();
    h.cache.set('k', 'before');
    expect(() => h.cache.set('k', { price: new Price() })).toThrow(
      expect.objectContaining(REFUSED),
    );
    expect(h.cache.peek('k')?.value).toBe('before');
    const asked = h.ask('other');
    expect(() => h.cache.set('other', new Price())).toThrow(expect.objectContaining(REFUSED));
    h.at(0).resolve('v');
    expect(await asked).toMatchObject({ value: 'v', stored: true });
  });
});

describe('a value that is shared', () => {
  it('is frozen in depth once, and the same for the flight and for hits', async () => {
    const h = new Harness();
    const value = { price: { amount: 1 }, on: new Date(0), of: new Map([['a', [1]]]) };
    const body = Buffer.from('body');
    await h.fill({ value, body });
    const hit = (await h.cache.get('k', h.load)) as { value: typeof value; body: Buffer };
    expect(hit.value).toBe(value);
    expect(hit.body).toBe(body);
    expect(() => (hit.value.price.amount = 2)).toThrow(TypeError);
    expect(() => hit.value.of.set('b', [])).toThrow(TypeError);
    expect(() => hit.value.on.setTime(1)).toThrow(TypeError);
    expect(h.cache.peek<unknown>('k')?.value).toBe(await h.cache.get('k', h.load));
  });

  it('is frozen in every process that waited for it, even if none keeps it', async () => {
    const { processes, at } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    at(0).at(0).resolve(LoadOutcome.uncacheable(cheap()));
    for (const { value } of await Promise.all(asked)) {
      expect(() => ((value as Cheap).price.amount = 2)).toThrow(TypeError);
    }
  });

  it('is frozen when it is set', () => {
    const h = new Harness();
    const value = cheap();
    h.cache.set('k', value);
    expect(h.cache.peek('k')?.value).toBe(value);
    expect(() => (value.price.amount = 2)).toThrow(TypeError);
  });

  it('is frozen in memory as soon as a tier has brought it, even if it waits for an error', async () => {
    const clock = new ManualClock();
    const disk = new MapTier();
    await new Harness({ clock, tiers: [disk] }).fill(cheap());
    clock.advance(1_500);
    const h = new Harness({ clock, tiers: [disk] });
    const asked = h.ask();
    await settle();
    const given = h.at(0).context.previous as Cheap;
    expect(() => (given.price.amount = 2)).toThrow(TypeError);
    h.at(0).reject(new Error('down'));
    expect(await asked).toMatchObject({ value: cheap(), staleBecause: 'error' });
  });

  it('reaches the tiers below as it was: Maps, Sets and Dates included', async () => {
    const disk = new MapTier();
    const make = () => ({ of: new Map([['a', new Set([1])]]), on: new Date(5), body: [1] });
    await new Harness({ tiers: [disk] }).fill(make());
    const { payload } = disk.records.get('test:k')!;
    expect(v8Codec.decode(payload)).toEqual(make());
  });
});

describe("a value on flights that share as 'reference'", () => {
  it('is the very same mutable value, instances included', async () => {
    const h = new Harness({ coalescer: { shareAs: 'reference' } });
    const value = { price: new Price() };
    await h.fill(value);
    expect(h.cache.peek('k')?.value).toBe(value);
    expect(h.cache.set('k', new Price())).toBe(true);
  });
});

describe("a value on flights that share as 'clone'", () => {
  const clones = () => new Harness({ coalescer: { shareAs: 'clone' } });

  it('is each caller’s own, from the flight, from memory, and stale', async () => {
    const h = clones();
    const loaded = cheap();
    const spoil = (result: unknown) => {
      const { value } = result as { value: Cheap };
      expect(value).toEqual(cheap());
      value.price.amount = 2;
    };
    spoil(await h.fill(loaded));
    loaded.price.amount = 2;
    spoil(h.cache.peek('k'));
    spoil(await h.ask());
    spoil({ value: await h.cache.get('k', h.load) });
    h.clock.advance(200);
    spoil(await h.ask());
    spoil(await h.ask());
  });

  it('is a copy of what was set', () => {
    const h = clones();
    const value = cheap();
    h.cache.set('k', value);
    value.price.amount = 2;
    expect(h.cache.peek('k')?.value).toEqual(cheap());
  });

  it('is each caller’s own when a tier has brought it', async () => {
    const clock = new ManualClock();
    const disk = new MapTier();
    const process = () => new Harness({ clock, tiers: [disk], coalescer: { shareAs: 'clone' } });
    await process().fill(cheap());
    const h = process();
    const found = await h.ask();
    (found.value as Cheap).price.amount = 2;
    expect(h.cache.peek('k')?.value).toEqual(cheap());
  });

  it('is shown to cacheable as the loader gave it', async () => {
    const seen: unknown[] = [];
    const cacheable = (value: unknown) => seen.push(value) > 0;
    const h = new Harness({ coalescer: { shareAs: 'clone' }, policy: { cacheable } });
    const value = new Price();
    expect(await h.fill(value)).toMatchObject({ value: { amount: 1 }, stored: true });
    expect(seen[0]).toBe(value);
  });

  it('is refused and stored nowhere if there is no copy of it', async () => {
    const h = clones();
    await expect(h.fill({ send: () => undefined })).rejects.toMatchObject(REFUSED);
    expect(h.cache.peek('k')).toBeUndefined();
    expect(h.cache.counters()).toMatchObject({ stored: 0, errors: 1, staleIfError: 0 });
  });
});
