import { describe, expect, it } from '@jest/globals';
import { LoadOutcome } from './kernel/load-outcome.js';
import { settle } from './testing/harness.js';
import { cluster } from './testing/cluster.js';

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
