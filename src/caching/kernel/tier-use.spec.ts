import { describe, expect, it } from '@jest/globals';
import { Harness } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';

describe('the tiers a user brings', () => {
  it('may be synchronous, and may throw', async () => {
    const tier = new MapTier();
    const sync = Object.assign(Object.create(tier) as MapTier, {
      get: () => {
        throw new Error('sync');
      },
      health: () => {
        throw new Error('sync');
      },
    });
    const h = new Harness({ tiers: [sync] });
    expect(await h.fill('v')).toMatchObject({ value: 'v' });
    expect(h.caching.health().tiers[0]).toMatchObject({ status: 'degraded', faults: 1 });
    const found = tier.records.get('test:k')!;
    const other = new Harness({
      clock: h.clock,
      tiers: [Object.assign(Object.create(tier) as MapTier, { get: () => found })],
    });
    expect(await other.ask()).toMatchObject({ value: 'v', served: 'hit' });
  });

  it('take a bounded number of writes at once', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk], maxPendingWrites: 3 });
    disk.gate = new Promise(() => {});
    for (let i = 0; i < 10; i++) h.cache.set(`k${i}`, i);
    expect(disk.calls.set).toBe(3);
    expect(h.caching.health().tiers[0]).toMatchObject({ dropped: 7 });
  });

  it('are left out for values that cannot be encoded, which is logged once', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    const value = () => 1;
    expect(h.cache.set('k', value)).toBe(true);
    h.cache.set('l', value);
    expect(h.cache.peek('k')?.value).toBe(value);
    expect(disk.calls.set).toBe(0);
    expect(h.warnings).toHaveLength(1);
  });

  it('take values through a codec of the user’s', async () => {
    const disk = new MapTier();
    const codec = {
      encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
      decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    };
    const h = new Harness({ tiers: [disk], codec });
    await h.fill({ a: [1] });
    expect(Buffer.from(disk.records.get('test:k')!.payload).toString()).toBe('{"a":[1]}');
    const other = new Harness({ clock: h.clock, tiers: [disk], codec });
    expect(await other.ask()).toMatchObject({ value: { a: [1] } });
  });
});
