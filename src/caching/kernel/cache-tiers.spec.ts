import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';

describe('the tiers below memory', () => {
  /** A process with tiers that an earlier process filled. */
  async function restarted({
    age = 0,
    value = 'v',
    options = {},
  }: { age?: number; value?: unknown; options?: object } = {}) {
    const clock = new ManualClock();
    const tiers = [new MapTier('disk'), new MapTier('shared')] as const;
    await new Harness({ clock, tiers, ...options }).fill(value);
    clock.advance(age);
    const h = new Harness({ clock, tiers, ...options });
    const [disk, shared] = tiers;
    return { h, clock, disk, shared };
  }

  it('are written behind the answer', async () => {
    const { disk, shared } = await restarted();
    expect([...disk.records.keys(), ...shared.records.keys()]).toEqual(['test:k', 'test:k']);
  });

  it('answer after a restart, with the age from birth', async () => {
    const { h } = await restarted({ age: 40 });
    expect(await h.ask()).toMatchObject({ value: 'v', served: 'hit', tier: 'disk', stored: false });
    h.clock.advance(30);
    const peeked = h.cache.peek('k');
    expect(peeked?.ageMs).toBeCloseTo(70);
    expect(peeked?.ttlMs).toBeCloseTo(30);
    expect(h.loads).toHaveLength(0);
  });

  it('never restart freshness: memory warmed from below expires when the value does', async () => {
    const { h } = await restarted({ age: 90 });
    await h.ask();
    h.clock.advance(11);
    expect(h.cache.peek('k')).toBeUndefined();
    expect(await h.ask()).toMatchObject({ served: 'stale', value: 'v' });
  });

  it('warm the tiers above them, with the birth unchanged', async () => {
    const { h, disk, shared } = await restarted({ age: 40 });
    disk.records.clear();
    expect(await h.ask()).toMatchObject({ served: 'hit', tier: 'shared' });
    await settle();
    expect(disk.records.get('test:k')).toEqual(shared.records.get('test:k'));
  });

  it('are asked once for all callers: 10 concurrent, one read and one call', async () => {
    const { h, disk } = await restarted();
    disk.records.clear();
    disk.calls.get = 0;
    const fresh = new Harness({ tiers: [disk], clock: h.clock });
    const asked = Array.from({ length: 10 }, () => fresh.ask());
    await settle();
    expect(disk.calls.get).toBe(1);
    expect(fresh.loads).toHaveLength(1);
    fresh.at(0).resolve('v');
    expect(new Set((await Promise.all(asked)).map(({ value }) => value))).toEqual(new Set(['v']));
  });

  it('give a stale value at once, and one refresh behind', async () => {
    const { h } = await restarted({ age: 200 });
    const results = await Promise.all([h.ask(), h.ask(), h.ask()]);
    expect(results).toMatchObject(
      results.map(() => ({ value: 'v', served: 'stale', tier: 'disk' })),
    );
    await settle();
    expect(h.loads).toHaveLength(1);
    h.at(0).resolve('new');
    await settle();
    expect(h.cache.peek('k')?.value).toBe('new');
  });

  it('give a stale value even where memory cannot hold it, and refresh it', async () => {
    const { h } = await restarted({ age: 200, options: { memory: { maxEntries: 0 } } });
    expect(await h.ask()).toMatchObject({ value: 'v', served: 'stale' });
    await settle();
    expect(h.loads).toHaveLength(1);
    h.at(0).resolve('new');
    await settle();
    expect(await h.ask()).toMatchObject({ value: 'new', served: 'hit', tier: 'disk' });
  });

  it('let a caller with a soft timeout wait for fresh', async () => {
    const { h } = await restarted({ age: 200, options: { policy: { softTimeoutMs: 50 } } });
    const asked = h.ask();
    await settle();
    h.at(0).resolve('new');
    expect(await asked).toMatchObject({ value: 'new', served: 'miss' });
  });

  it('prefer what is fresh in a slower tier to what is stale in a faster one', async () => {
    const { h, clock, disk, shared } = await restarted({ age: 200 });
    await new Harness({ clock, tiers: [shared] }).cache.invalidate('k');
    await new Harness({ clock, tiers: [shared] }).fill('newer');
    expect(await h.ask()).toMatchObject({ value: 'newer', served: 'hit', tier: 'shared' });
    await settle();
    expect(disk.records.get('test:k')?.payload).toEqual(shared.records.get('test:k')?.payload);
  });

  it('save the refresh of what another instance has refreshed', async () => {
    const { h, clock, shared } = await restarted();
    await h.ask();
    clock.advance(200);
    const other = new Harness({ clock, tiers: [shared] });
    other.cache.set('k', 'theirs');
    await settle();
    await h.ask();
    await settle();
    expect(h.loads).toHaveLength(0);
    expect(h.cache.peek('k')?.value).toBe('theirs');
  });

  it('have a value to revalidate, and to replace an error', async () => {
    const { h } = await restarted({ age: 1_500, value: LoadOutcome.keep('v', { etag: '"1"' }) });
    const asked = h.ask();
    await settle();
    expect(h.at(0).context).toMatchObject({ previous: 'v', etag: '"1"' });
    h.at(0).reject(new Error('down'));
    expect(await asked).toMatchObject({ value: 'v', served: 'stale', staleBecause: 'error' });
  });

  it('miss what is expired, from the future, or under another key', async () => {
    const { h, clock, disk, shared } = await restarted();
    const record = disk.records.get('test:k')!;
    shared.records.clear();
    for (const wrong of [
      { ...record, bornAt: record.bornAt - 2_001 },
      { ...record, bornAt: clock.wall() + 5_000 },
      { ...record, bornAt: NaN },
      { ...record, key: 'test:other' },
    ]) {
      disk.records.set('test:k', wrong);
      await new Harness({ clock, tiers: [disk] }).fill('loaded');
      disk.records.delete('test:k');
    }
    expect(h.loads).toHaveLength(0);
  });

  it('miss what is damaged, and drop it; then the next tier is asked', async () => {
    const { h, disk } = await restarted();
    const record = disk.records.get('test:k')!;
    disk.records.set('test:k', { ...record, payload: serialize('v').subarray(0, 3) });
    expect(await h.ask()).toMatchObject({ value: 'v', tier: 'shared' });
    expect(h.caching.health().tiers[0]).toMatchObject({ status: 'up', damaged: 1 });
  });

  it('miss what is damaged among the stale as well', async () => {
    const { h, disk, shared } = await restarted({ age: 200 });
    for (const tier of [disk, shared]) {
      const record = tier.records.get('test:k')!;
      tier.records.set('test:k', { ...record, payload: Buffer.from('garbage') });
    }
    void h.ask();
    await settle();
    expect(h.loads).toHaveLength(1);
    expect(h.caching.health().tiers.map(({ damaged }) => damaged)).toEqual([1, 1]);
  });

  it('are passed over when they fail, which is logged once and shown in health', async () => {
    const { h, disk } = await restarted();
    disk.fault = new Error('EIO');
    for (let i = 0; i < 10; i++) {
      expect(await h.ask(`k${i}`.slice(0, 1))).toMatchObject({ value: 'v' });
      await h.cache.clear();
      await h.fill('v');
    }
    expect(h.warnings).toEqual(['Cache tier "disk" has a fault and is passed over: EIO']);
    expect(h.caching.health().tiers[0]).toMatchObject({
      name: 'disk',
      status: 'degraded',
      reason: 'EIO',
    });
    disk.fault = undefined;
    await h.cache.clear();
    expect(h.caching.health().tiers[0]).toMatchObject({ status: 'up' });
  });

  it('are passed over when they do not answer', async () => {
    const { h, disk } = await restarted({ options: { tierTimeoutMs: 30 } });
    disk.gate = new Promise(() => {});
    const asked = h.ask();
    await settle();
    h.clock.advance(30);
    expect(await asked).toMatchObject({ value: 'v', tier: 'shared' });
    expect(h.caching.health().tiers[0]).toMatchObject({ status: 'degraded', faults: 1 });
  });

  it('keep Buffers, and everything that structured cloning keeps', async () => {
    const value = { status: 200, body: Buffer.from('body'), none: undefined, at: new Date(5) };
    const { h } = await restarted({ value });
    const { value: found } = (await h.ask()) as { value: typeof value };
    expect(found).toEqual(value);
    expect(Buffer.isBuffer(found.body)).toBe(true);
  });

  it('are closed with the service', async () => {
    const { h, disk } = await restarted();
    await h.caching.close();
    expect(disk.records.size).toBe(0);
  });

  it('give nothing that was invalidated while a slower tier was asked', async () => {
    const { h, disk, shared } = await restarted({ age: 200 });
    let open = () => {};
    shared.gate = new Promise((resolve) => (open = resolve));
    shared.records.clear();
    disk.calls.get = 0;
    const asked = h.ask();
    await settle();
    expect(disk.calls.get).toBe(1);
    void h.cache.invalidate('k');
    open();
    await settle();
    expect(h.at(0).context.previous).toBeUndefined();
    h.at(0).resolve('new');
    expect(await asked).toMatchObject({ value: 'new', served: 'miss' });
  });

  it('never replace what memory has by something older', async () => {
    const disk = new MapTier();
    const h = new Harness({ tiers: [disk] });
    await h.fill('first');
    h.clock.advance(200);
    await h.ask();
    await settle();
    disk.fault = new Error('ENOSPC');
    h.at(1).resolve('second');
    await settle();
    disk.fault = undefined;
    h.clock.advance(200);
    await h.ask();
    await settle();
    expect(h.at(2).context.previous).toBe('second');
    expect(await h.ask()).toMatchObject({ value: 'second', served: 'stale' });
  });

  it('are not refreshed over and over when that fails, even without memory', async () => {
    const { h } = await restarted({ age: 200, options: { memory: { maxEntries: 0 } } });
    await h.ask();
    await settle();
    h.at(0).reject(new Error('down'));
    await settle();
    for (let i = 0; i < 10; i++) expect(await h.ask()).toMatchObject({ served: 'stale' });
    await settle();
    expect(h.loads).toHaveLength(1);
  });
});
