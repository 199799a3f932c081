import { describe, expect, it } from '@jest/globals';
import { cluster } from '../testing/cluster.js';
import type { Process } from '../testing/cluster.js';
import { settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';

const TAGGED = { tags: ['t'] };
const OUTCOMES = [
  ['a value', (value: string) => LoadOutcome.keep(value, TAGGED)],
  ['an uncacheable value', (value: string) => LoadOutcome.uncacheable(value, TAGGED)],
] as const;

describe.each(OUTCOMES)('%s with a tag that is invalidated while it is loaded', (_, outcome) => {
  it.each([
    ['known beforehand', TAGGED],
    ['told by the loader', undefined],
  ])('is for nobody who asks after, in any process, the tag being %s', async (__, options) => {
    const { at, processes } = cluster(3);
    const before = [at(0).ask('k', options), at(1).ask('k', options)];
    await settle();
    await at(1).caching.invalidateTag('t');
    const after = processes.map((process) => process.ask('k', options));
    await settle();
    at(0).at(0).resolve(outcome('old'));
    for (let turn = 0; turn < 3; turn++) {
      await settle();
      for (const { loads } of processes) for (const load of loads) load.resolve(outcome('new'));
    }
    for (const { value } of await Promise.all(after)) expect(value).toBe('new');
    expect((await before[0])?.value).toBe('old');
  });

  it('is for nobody who asks after, though its leader has not heard of it', async () => {
    const { at } = cluster(3);
    at(0).tier.turnDeaf();
    const before = at(0).ask();
    await settle();
    await at(1).caching.invalidateTag('t');
    const after = at(2).ask();
    await settle();
    at(0).at(0).resolve(outcome('old'));
    await settle();
    at(2).at(0).resolve(outcome('new'));
    expect((await after).value).toBe('new');
    expect((await before).value).toBe('old');
  });
});

describe('an invalidation of a tag', () => {
  it('ends at once what is known to carry it, on the instance that leads it', async () => {
    const { at } = cluster(2);
    const before = at(0).ask('k', TAGGED);
    await settle();
    await at(0).caching.invalidateTag('t');
    const after = at(0).ask('k', TAGGED);
    await settle();
    expect(at(0).loads).toHaveLength(2);
    at(0).at(1).resolve('new');
    expect(await after).toMatchObject({ value: 'new', stored: true });
    at(0).at(0).resolve('old');
    expect((await before).value).toBe('old');
    expect(at(0).cache.peek('k')?.value).toBe('new');
  });

  it('leaves flights with other tags alone', async () => {
    const { at } = cluster(1);
    const before = at(0).ask('k', TAGGED);
    await settle();
    await at(0).caching.invalidateTag('u');
    const after = at(0).ask('k', TAGGED);
    await settle();
    at(0).at(0).resolve('v');
    expect([(await before).value, (await after).value]).toEqual(['v', 'v']);
    expect(at(0).loads).toHaveLength(1);
  });

  it('says whether every tier has it', async () => {
    const { at } = cluster(1);
    const all = () => [
      at(0).cache.invalidate('k'),
      at(0).cache.clear(),
      at(0).caching.invalidateTag('t'),
      at(0).caching.invalidateAll(),
    ];
    expect(await Promise.all(all())).toEqual([true, true, true, true]);
    const later = () => Promise.resolve(false);
    Object.assign(at(0).tier, { delete: later, deleteTag: later, deletePrefix: later });
    expect(await Promise.all(all())).toEqual([false, false, false, false]);
  });
});

const WAYS = [
  ['the key', (process: Process) => process.cache.invalidate('k')],
  ['its tag', (process: Process) => process.caching.invalidateTag('t')],
  ['its cache', (process: Process) => process.cache.clear()],
  ['everything', (process: Process) => process.caching.invalidateAll()],
] as const;

describe.each(WAYS)('an invalidation of %s', (_, invalidate) => {
  it.each(OUTCOMES)(
    'costs one more call, however many processes waited for %s',
    async (__, outcome) => {
      const { at, processes, loads } = cluster(4);
      const asked = processes.map((process) => process.ask('k', TAGGED));
      await settle();
      await invalidate(at(3));
      await settle();
      expect(loads()).toBe(2);
      const second = processes.slice(1).find((process) => process.loads.length > 0)!;
      second.at(0).resolve(outcome('new'));
      await settle();
      at(0).at(0).resolve(outcome('old'));
      const values = (await Promise.all(asked)).map(({ value }) => value);
      expect(values).toEqual(['old', 'new', 'new', 'new']);
      expect(loads()).toBe(2);
    },
  );

  it('is kept by whoever fetched it anew', async () => {
    const { at, processes, loads } = cluster(4);
    const asked = processes.map((process) => process.ask('k', TAGGED));
    await settle();
    await invalidate(at(3));
    await settle();
    for (const process of processes.slice(1)) process.loads[0]?.resolve('new');
    at(0).at(0).resolve('old');
    await Promise.all(asked);
    await settle();
    for (const { cache } of processes.slice(1)) expect(cache.peek('k')?.value).toBe('new');
    expect((await at(0).ask('k', TAGGED)).value).toBe('new');
    expect(loads()).toBe(2);
  });

  it('that is heard of late costs no call of what was fetched after it', async () => {
    const { at, loads } = cluster(2);
    at(1).tier.turnSlow();
    await invalidate(at(0));
    const asked = at(1).ask('k', TAGGED);
    await settle();
    at(1).tier.catchUp();
    const joined = at(1).ask('k', TAGGED);
    at(1).at(0).resolve('v');
    expect([(await asked).value, (await joined).value]).toEqual(['v', 'v']);
    await settle();
    expect((await at(0).ask('k', TAGGED)).value).toBe('v');
    expect((await at(1).ask('k', TAGGED)).value).toBe('v');
    expect(loads()).toBe(1);
  });

  it('by oneself, of which one hears late, costs no call of what was fetched after it', async () => {
    const { at, loads } = cluster(1);
    at(0).tier.turnSlow();
    void invalidate(at(0));
    const asked = at(0).ask('k', TAGGED);
    await settle();
    at(0).tier.catchUp();
    at(0).at(0).resolve('v');
    await asked;
    expect(at(0).cache.peek('k')?.value).toBe('v');
    expect(loads()).toBe(1);
  });

  it('holds against a store that has come back with what it held before', async () => {
    const { at, map, processes, loads } = cluster(4);
    for (const process of processes) await process.fill('old', 'k', TAGGED);
    const before = new Map(map.records);
    await invalidate(at(3));
    for (const [key, record] of before) map.records.set(key, record);
    const asked = processes.map((process) => process.ask('k', TAGGED));
    await settle();
    expect(loads()).toBe(2);
    for (const process of processes) process.loads.at(-1)?.resolve('new');
    for (const { value } of await Promise.all(asked)) expect(value).toBe('new');
  });
});

describe('a result that the store refuses', () => {
  async function refuse(isInDoubt: boolean) {
    const disk = new MapTier();
    const { at } = cluster(2, { tiers: [disk] });
    at(0).tier.isInDoubt = isInDoubt;
    at(0).tier.turnDeaf();
    const late = at(0).ask();
    await settle();
    await at(1).cache.invalidate('k');
    disk.records.clear();
    const next = at(1).ask();
    await settle();
    at(0).at(0).resolve('old');
    await settle();
    expect(disk.records.size).toBe(0);
    expect(at(0).cache.peek('k')).toBeUndefined();
    at(1).at(0).resolve('new');
    expect((await next).value).toBe('new');
    expect(await at(0).ask()).toMatchObject({ value: 'new', served: 'hit' });
    return late;
  }

  it('leaves memory, and never comes to the disk', async () => {
    expect((await refuse(false)).value).toBe('old');
  });

  it('is not said to be stored, where its leader stood still', async () => {
    expect(await refuse(true)).toMatchObject({
      value: 'old',
      stored: false,
      unstored: 'overtaken',
    });
  });

  it('is kept if it is taken all the same', async () => {
    const { at } = cluster(1);
    at(0).tier.isInDoubt = true;
    expect(await at(0).fill('v')).toMatchObject({ value: 'v', stored: true });
    expect(at(0).cache.peek('k')?.value).toBe('v');
  });

  it('keeps nobody waiting for a store that says nothing', async () => {
    const { at, map, clock } = cluster(1);
    at(0).tier.isInDoubt = true;
    map.slow = new Promise(() => undefined);
    const asked = at(0).ask();
    await settle();
    at(0).at(0).resolve('v');
    await settle();
    clock.advance(10_000);
    expect((await asked).value).toBe('v');
  });
});
