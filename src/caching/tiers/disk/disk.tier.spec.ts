import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../ground/manual-clock.js';
import { CACHING_CHANNEL } from '../../caching.tokens.js';
import { tierRecordOf } from '../../contract/tier-contract.js';
import type { TierRecord } from '../../kernel/tier.js';
import type { DiskTierOptions } from './disk-tier.options.js';
import { DiskTier } from './disk.tier.js';
import { diskUseOf } from './testing/disk-files.js';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporary-folders.js';

const MIB = 1024 * 1024;
const clock = new ManualClock();
const open: DiskTier[] = [];

async function openTier(options: Partial<DiskTierOptions> = {}): Promise<DiskTier> {
  const defaults = { directory: temporaryFolder(), maxBytes: 8 * MIB, clock, scheduler: clock };
  const tier = DiskTier.open({ ...defaults, ...options });
  open.push(tier);
  await tier.ready;
  return tier;
}

const recordOf = (key: string, members: Partial<TierRecord> = {}): TierRecord =>
  tierRecordOf(key, { bornAt: clock.wall(), ...members });

/** Writes `count` records in turns of fifty. */
async function fill(tier: DiskTier, count: number, record: (i: number) => TierRecord) {
  for (let i = 0; i < count; i += 50) {
    const batch = Array.from({ length: Math.min(50, count - i) }, (_, j) => record(i + j));
    await Promise.all(batch.map((each) => tier.set(each)));
  }
}

const keysOf = (tier: DiskTier, ...keys: string[]) =>
  keys.filter((key) => tier.get(key) !== undefined);

afterEach(async () => {
  for (const tier of open.splice(0)) await tier.close();
  removeTemporaryFolders();
});

describe('the disk tier', () => {
  it('has after a restart what it had before, as old as it is', async () => {
    const directory = temporaryFolder();
    const before = await openTier({ directory });
    const facts = { tags: ['t'], etag: '"v"', version: 7 };
    const record = recordOf('k', { ...facts, payload: Buffer.from('body') });
    await before.set(record);
    await before.close();
    clock.advance(3_000);
    const after = await openTier({ directory });
    expect(after.get('k')).toEqual(record);
    expect(after.health()).toMatchObject({ status: 'up', entries: 1, damaged: 0 });
  });

  it('keeps deletions over a restart: by key, by tag, by prefix', async () => {
    const directory = temporaryFolder();
    const before = await openTier({ directory });
    for (const key of ['a', 'b', 'p:c', 'd'])
      await before.set(recordOf(key, { tags: [`tag-${key}`] }));
    await before.delete('a');
    await before.deleteTag('tag-b');
    await before.deletePrefix('p:');
    await before.close();
    expect(keysOf(await openTier({ directory }), 'a', 'b', 'p:c', 'd')).toEqual(['d']);
  });

  it('outdates many in place, step by step, and over a restart', async () => {
    const directory = temporaryFolder();
    const before = await openTier({ directory });
    const payload = Buffer.alloc(20_000, 7);
    await fill(before, 250, (i) => recordOf(`p:${i}`, { tags: ['t'], payload }));
    await before.set(recordOf('q:a', { tags: ['other'] }));
    clock.advance(1_000);
    const written = before.outdate('deleteTag', 't', clock.wall());
    // At once, though next to nothing can be written yet.
    expect(before.get('p:249')).toMatchObject({ outdated: true, freshMs: 1_000, staleMs: 51_000 });
    await written;
    await before.close();
    const after = await openTier({ directory });
    const found = Array.from({ length: 250 }, (_, i) => after.get(`p:${i}`) as TierRecord);
    for (const record of found) expect(record).toMatchObject({ outdated: true, freshMs: 1_000 });
    expect(payload.equals(found.at(-1)?.payload ?? new Uint8Array())).toBe(true);
    expect(after.get('q:a')).not.toHaveProperty('outdated');
    expect(after.health()).toMatchObject({ entries: 251, damaged: 0 });
  });

  it('outdates what is not written yet, and drops what nothing stale may be made of', async () => {
    const tier = await openTier();
    const never = { staleMs: 0, staleIfErrorMs: 0 };
    void tier.set(recordOf('p:waiting'));
    void tier.set(recordOf('p:never', never));
    await tier.set(recordOf('p:written never', never));
    void tier.set(recordOf('p:waiting'));
    clock.advance(500);
    await tier.outdate('deletePrefix', 'p:', clock.wall());
    expect(tier.get('p:waiting')).toMatchObject({ outdated: true, freshMs: 500 });
    expect(keysOf(tier, 'p:never', 'p:written never')).toEqual([]);
    expect(tier.health().entries).toBe(1);
  });

  it('outdates nothing that comes after it, in whatever order it is written', async () => {
    const tier = await openTier();
    await tier.set(recordOf('k', { payload: Buffer.from('old') }));
    const written = tier.outdate('delete', 'k', clock.wall());
    void tier.set(recordOf('k', { payload: Buffer.from('new') }));
    await written;
    expect(tier.get('k')).not.toHaveProperty('outdated');
  });

  it('never brings back what was replaced, however short-lived the replacement', async () => {
    const directory = temporaryFolder();
    const before = await openTier({ directory });
    await before.set(recordOf('k'));
    await before.set(recordOf('k', { freshMs: 1, staleMs: 1, staleIfErrorMs: 1 }));
    await before.close();
    clock.advance(10);
    expect((await openTier({ directory })).get('k')).toBeUndefined();
  });

  it('misses a record from the future', async () => {
    const tier = await openTier();
    await tier.set(recordOf('k', { bornAt: clock.wall() + 60_000 }));
    expect(tier.get('k')).toBeUndefined();
    expect(tier.health().damaged).toBe(0);
  });

  it('misses a record once it is of no use to anyone, and not before', async () => {
    const tier = await openTier();
    await tier.set(recordOf('k', { staleMs: 60_000, staleIfErrorMs: 90_000 }));
    clock.advance(89_999);
    expect(tier.get('k')).toBeDefined();
    clock.advance(1);
    expect(tier.get('k')).toBeUndefined();
  });

  it('does not take a record for younger when the wall clock is set back', async () => {
    const tier = await openTier();
    await tier.set(recordOf('k'));
    clock.advance(30_000);
    clock.shiftWall(-3_600_000);
    clock.advance(30_000);
    expect(tier.get('k')).toBeUndefined();
    clock.shiftWall(3_600_000);
  });

  it('sweeps expired records in small steps and gives their space back', async () => {
    const directory = temporaryFolder();
    const tier = await openTier({ directory, maxBytes: 32 * MIB });
    await fill(tier, 5_000, (i) => recordOf(`k${i}`, { payload: Buffer.alloc(1_000) }));
    expect(diskUseOf(directory)).toBeGreaterThan(5 * MIB);
    clock.advance(58_000);
    expect(tier.health().entries).toBe(5_000);
    let before = 5_000;
    clock.advance(2_000);
    for (let step = 0; step < 55; step++) {
      clock.advance(20);
      const { entries = 0 } = tier.health();
      if (step > 0) expect(before - entries).toBeLessThanOrEqual(100);
      before = entries;
    }
    expect(before).toBe(0);
    clock.advance(10_000);
    expect(diskUseOf(directory)).toBeLessThan(MIB / 4);
    expect(tier.health().bytes).toBe(diskUseOf(directory));
  });

  it('leaves nothing scheduled when it is closed', async () => {
    const before = clock.pending;
    const tier = await openTier();
    expect(clock.pending).toBe(before + 1);
    await tier.set(recordOf('k'));
    await tier.close();
    expect(clock.pending).toBe(before);
  });

  it('never uses more disk than it may, and evicts what was written longest ago', async () => {
    const directory = temporaryFolder();
    const tier = await openTier({ directory, maxBytes: MIB });
    let most = 0;
    for (let i = 0; i < 1_000; i++) {
      await tier.set(recordOf(`k${i}`, { payload: Buffer.alloc(3_000 + (i % 7) * 500) }));
      if (i % 10 === 0) most = Math.max(most, diskUseOf(directory));
    }
    expect(most).toBeLessThanOrEqual(MIB);
    expect(most).toBeGreaterThan(MIB * 0.6);
    expect(tier.health().bytes).toBe(diskUseOf(directory));
    const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
    const { entries = 0 } = tier.health();
    expect(entries).toBeGreaterThan(60);
    expect(keysOf(tier, ...keys)).toEqual(keys.slice(-entries));
    expect(tier.health().evictions).toBe(1_000 - entries);
  });

  it('tells on the diagnostics channel how many records had to go', async () => {
    const tier = await openTier({ maxBytes: MIB });
    const told: unknown[] = [];
    const subscriber = (event: unknown): void => void told.push(event);
    subscribe(CACHING_CHANNEL, subscriber);
    await fill(tier, 300, (i) => recordOf(`k${i}`, { payload: Buffer.alloc(8_000) }));
    unsubscribe(CACHING_CHANNEL, subscriber);
    expect(told[0]).toEqual({ type: 'tier-evicted', tier: 'disk', records: expect.any(Number) });
    const records = (told as { records: number }[]).reduce((sum, event) => sum + event.records, 0);
    expect(records).toBe(tier.health().evictions);
  });

  it('keeps within a bound that was lowered since the last start', async () => {
    const directory = temporaryFolder();
    const before = await openTier({ directory, maxBytes: 8 * MIB });
    await fill(before, 700, (i) => recordOf(`k${i}`, { payload: Buffer.alloc(8_000) }));
    await before.close();
    const after = await openTier({ directory, maxBytes: MIB });
    expect(diskUseOf(directory)).toBeLessThanOrEqual(MIB);
    await after.set(recordOf('new'));
    expect(diskUseOf(directory)).toBeLessThanOrEqual(MIB);
    expect(keysOf(after, 'k0', 'k699', 'new')).toEqual(['k699', 'new']);
  });

  it('does not store what is larger than a quarter of its bound, nor keep what it replaces', async () => {
    const tier = await openTier({ maxBytes: MIB });
    await tier.set(recordOf('k'));
    await tier.set(recordOf('k', { payload: Buffer.alloc(MIB / 4 + 1) }));
    expect(tier.get('k')).toBeUndefined();
    await tier.set(recordOf('k', { payload: Buffer.alloc(MIB / 5) }));
    expect((tier.get('k') as TierRecord).payload).toHaveLength(Math.floor(MIB / 5));
  });

  it('gives the space of dropped records back', async () => {
    const directory = temporaryFolder();
    const tier = await openTier({ directory });
    await fill(tier, 500, (i) => recordOf(`k${i}`, { payload: Buffer.alloc(8_000) }));
    expect(diskUseOf(directory)).toBeGreaterThan(3 * MIB);
    await tier.deletePrefix('');
    clock.advance(10_000);
    expect(tier.health().entries).toBe(0);
    expect(diskUseOf(directory)).toBeLessThan(MIB / 4);
  });

  it('drops many in small steps, and yet at once: reads never see them, nor lose what comes after', async () => {
    const tier = await openTier({ maxBytes: 32 * MIB });
    await fill(tier, 2_000, (i) => recordOf(`p:${i}`, { tags: ['t'] }));
    for (const drop of [() => tier.deletePrefix('p:'), () => tier.deleteTag('t')]) {
      let turns = 0;
      const count = setInterval(() => turns++, 0);
      const dropped = drop();
      expect(keysOf(tier, 'p:0', 'p:1999')).toEqual([]);
      await tier.set(recordOf('p:1999', { tags: ['t'] }));
      expect(keysOf(tier, 'p:0', 'p:1000', 'p:1999')).toEqual(['p:1999']);
      await dropped;
      clearInterval(count);
      expect(turns).toBeGreaterThan(1);
      expect(tier.health().entries).toBe(1);
      expect(keysOf(tier, 'p:1999')).toEqual(['p:1999']);
      await fill(tier, 2_000, (i) => recordOf(`p:${i}`, { tags: ['t'] }));
    }
  });

  it('takes what it is given: a record that is changed afterwards was stored as it was', async () => {
    const tier = await openTier();
    const payload = Buffer.from('before');
    const written = tier.set(recordOf('k', { payload }));
    payload.fill('x');
    const found = tier.get('k') as TierRecord;
    expect(String(found.payload)).toBe('before');
    found.payload.fill(0);
    await written;
    expect(String((tier.get('k') as TierRecord).payload)).toBe('before');
  });

  it('tells keys and tags apart that UTF-8 would not', async () => {
    const tier = await openTier();
    for (const key of [
      '\ud800',
      '\udc00',
      '\ufffd',
      '\uffff\uffff',
      '\uffffa',
      'a\0',
      'a\0b',
      'a',
    ]) {
      await tier.set(recordOf(key, { tags: [key] }));
    }
    await tier.deletePrefix('\uffff');
    await tier.deletePrefix('a\0');
    await tier.deleteTag('\ud800');
    const left = ['\ud800', '\udc00', '\ufffd', '\uffff\uffff', '\uffffa', 'a\0', 'a\0b', 'a'];
    expect(keysOf(tier, ...left)).toEqual(['\udc00', '\ufffd', 'a']);
  });

  it('misses until it is open, and keeps what it was given meanwhile', async () => {
    const directory = temporaryFolder();
    const before = await openTier({ directory });
    await before.set(recordOf('k'));
    await before.set(recordOf('l'));
    await before.close();
    const tier = DiskTier.open({ directory, maxBytes: MIB, clock, scheduler: clock });
    open.push(tier);
    expect(tier.get('k')).toBeUndefined();
    void tier.set(recordOf('early'));
    void tier.delete('l');
    await tier.ready;
    expect(keysOf(tier, 'k', 'l', 'early')).toEqual(['k', 'early']);
  });

  it('writes what is left when it is closed', async () => {
    const directory = temporaryFolder();
    const tier = await openTier({ directory });
    for (let i = 0; i < 500; i++) void tier.set(recordOf(`k${i}`));
    await tier.close();
    expect((await openTier({ directory })).health().entries).toBe(500);
  });

  it('does not hold the event loop while it writes', async () => {
    const tier = await openTier({ maxBytes: 64 * MIB });
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    const payload = Buffer.alloc(20_000);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => tier.set(recordOf(`k${i}`, { payload }))),
    );
    clearInterval(count);
    // 20 MB in transactions of half a MiB, each in a turn of its own.
    expect(turns).toBeGreaterThan(20);
  });

  it.each([
    ['maxBytes', { maxBytes: 1_000 }, '1000'],
    ['maxBytes', { maxBytes: MIB + 0.5 }, '1048576.5'],
    ['directory', { directory: '' }, '""'],
    ['upkeepMs', { upkeepMs: 0 }, '0'],
    ['retryMs', { retryMs: Infinity }, 'Infinity'],
  ])('refuses a %s that cannot work, and quotes it', (name, options, value) => {
    const defaults = { directory: '/nowhere', maxBytes: MIB };
    const message = new RegExp(`"diskTier\\.${name}" must be .*, got ${value}$`);
    expect(() => DiskTier.open({ ...defaults, ...options })).toThrow(message);
  });
});
