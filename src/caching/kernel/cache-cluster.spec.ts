import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { tierRecordOf } from '../contract/tier-contract.js';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { SharedMap, SharedMapTier } from '../testing/shared-map.js';
import { v8Codec } from '../caching.options.js';

const valuesOf = (results: readonly { value: unknown }[]) => results.map(({ value }) => value);

describe('caches of several processes', () => {
  it('make one call of all their callers, and all of them get its value', async () => {
    const { processes, loads } = cluster(3);
    const asked = processes.flatMap((process) => [process.ask(), process.ask()]);
    await settle();
    expect(loads()).toBe(1);
    processes
      .find((process) => process.loads.length === 1)!
      .at(0)
      .resolve('v');
    expect(valuesOf(await Promise.all(asked))).toEqual(['v', 'v', 'v', 'v', 'v', 'v']);
    expect(processes.map(({ tier }) => tier.claims)).toEqual([1, 1, 1]);
  });

  it('find what another has loaded, with its true age', async () => {
    const { clock, at, loads } = cluster(2);
    await at(0).fill('v');
    clock.advance(60);
    const found = await at(1).ask();
    expect([found.value, found.served, found.tier]).toEqual(['v', 'hit', 'shared']);
    expect(found.ageMs).toBeCloseTo(60, 1);
    expect(loads()).toBe(1);
    clock.advance(30);
    expect((await at(1).ask()).ageMs).toBeCloseTo(90, 1);
  });

  it('ask the others nothing while memory is fresh', async () => {
    const { at } = cluster(2);
    await at(0).fill('v');
    const { claims } = at(0).tier;
    await at(0).ask();
    expect(at(0).tier.claims).toBe(claims);
  });

  it('refresh a stale value once for all, and nobody waits for it', async () => {
    const { clock, processes, loads, at } = cluster(3);
    await at(0).fill('old');
    await at(1).ask();
    clock.advance(500);
    const asked = await Promise.all(processes.map((process) => process.ask()));
    expect(asked.map(({ served, value }) => `${served} ${String(value)}`)).toEqual([
      'stale old',
      'stale old',
      'stale old',
    ]);
    await settle();
    expect(loads()).toBe(2);
    processes
      .find((process) => process.loads.some(({ context }) => context.previous === 'old'))!
      .loads.at(-1)!
      .resolve('new');
    await settle();
    const again = await Promise.all(processes.map((process) => process.ask()));
    expect(again.map(({ served, value }) => `${served} ${String(value)}`)).toEqual([
      'hit new',
      'hit new',
      'hit new',
    ]);
    expect(loads()).toBe(2);
  });

  it('share one error with all who waited, and none with those who come later', async () => {
    const { processes, at, loads } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    at(0).at(0).reject(new Error('down'));
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'down' } });
    }
    expect(await at(1).fill('v')).toMatchObject({ value: 'v', served: 'miss' });
    expect(loads()).toBe(2);
  });

  it('drop in every process what one has invalidated', async () => {
    const { processes, at } = cluster(3);
    for (const invalidate of [
      () => at(2).cache.invalidate('k'),
      () => at(2).caching.invalidateTag('t'),
      () => at(2).caching.invalidateCache('test'),
      () => at(2).caching.invalidateAll(),
    ]) {
      await at(0).fill('v', 'k', { tags: ['t'] });
      await at(1).ask();
      await invalidate();
      expect(processes.map(({ cache }) => cache.peek('k'))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      at(0).loads.length = at(1).loads.length = 0;
    }
  });

  it('never store what was invalidated by another process while it was loaded', async () => {
    const { at, processes, map } = cluster(2);
    const asked = at(0).ask();
    await settle();
    await at(1).cache.invalidate('k');
    at(0).at(0).resolve('old');
    expect((await asked).value).toBe('old');
    await settle();
    expect(map.records.size).toBe(0);
    expect(processes.map(({ cache }) => cache.peek('k'))).toEqual([undefined, undefined]);
  });

  it('ask again before they use what may have been invalidated unheard', async () => {
    const { at } = cluster(2);
    await at(0).fill('old');
    at(0).tier.turnDeaf();
    await at(1).cache.invalidate('k');
    await at(1).fill('new');
    at(0).tier.hearAgain();
    expect(at(0).cache.peek('k')).toBeUndefined();
    expect(await at(0).ask()).toMatchObject({ value: 'new', served: 'hit' });
  });

  it('need no bytes for what is confirmed', async () => {
    const { at, loads } = cluster(1);
    await at(0).fill('v');
    at(0).tier.hearAgain();
    expect(await at(0).ask()).toMatchObject({ value: 'v', served: 'hit', tier: 'memory' });
    expect(at(0).cache.peek('k')).toMatchObject({ value: 'v' });
    expect(loads()).toBe(1);
  });

  it('give a store that has lost everything what they still have', async () => {
    const { at, map, loads } = cluster(2);
    await at(0).fill('v');
    map.flush();
    at(0).tier.hearAgain();
    expect(await at(0).ask()).toMatchObject({ value: 'v', served: 'hit' });
    expect(await at(1).ask()).toMatchObject({ value: 'v', served: 'hit', tier: 'shared' });
    expect(loads()).toBe(1);
  });

  it('make a call each where a value cannot be written down for others', async () => {
    const encode = (): never => {
      throw new Error('no bytes for it');
    };
    const { at, map, loads } = cluster(2, { codec: { ...v8Codec, encode } });
    const [one, other] = [at(0).ask(), at(1).ask()];
    await settle();
    expect(loads()).toBe(1);
    at(0).at(0).resolve('mine');
    expect(await one).toMatchObject({ value: 'mine', served: 'miss' });
    await settle();
    at(1).at(0).resolve('its own');
    expect(await other).toMatchObject({ value: 'its own', served: 'miss' });
    expect(map.records.size).toBe(0);
    expect(at(0).cache.peek('k')).toMatchObject({ value: 'mine' });
  });

  it('are on their own while the others cannot be reached', async () => {
    const { at, map, loads, clock } = cluster(2);
    await at(0).fill('v');
    map.away = true;
    expect(await at(0).ask()).toMatchObject({ value: 'v', served: 'hit' });
    expect(await at(1).fill('w')).toMatchObject({ value: 'w', served: 'miss' });
    clock.advance(500);
    expect(await at(1).ask()).toMatchObject({ value: 'w', served: 'stale' });
    await settle();
    expect(loads()).toBe(3);
  });

  it('use what may have been invalidated unheard only while nobody can be asked', async () => {
    const { at, map } = cluster(2);
    await at(0).fill('old');
    at(0).tier.turnDeaf();
    await at(1).cache.invalidate('k');
    await at(1).fill('new');
    at(0).tier.hearAgain();
    map.away = true;
    expect(await at(0).ask()).toMatchObject({ value: 'old', served: 'hit' });
    // It was not confirmed by that: there was nobody to ask.
    expect(at(0).cache.peek('k')).toBeUndefined();
    map.away = false;
    expect(await at(0).ask()).toMatchObject({ value: 'new', served: 'hit' });
  });

  it('ask for what a disk held as well, however often it was used while nobody could be asked', async () => {
    const clock = new ManualClock();
    const map = new SharedMap(() => clock.wall());
    const disk = new MapTier();
    const start = () => new Harness({ clock, tiers: [disk], shared: new SharedMapTier(map) });
    await start().fill('old');
    await settle();
    map.away = true;
    const after = start();
    for (let i = 0; i < 2; i++) {
      expect(await after.ask()).toMatchObject({ value: 'old', served: 'hit' });
      expect(after.cache.peek('k')).toBeUndefined();
    }
    map.away = false;
    expect(await after.ask()).toMatchObject({ value: 'old', served: 'hit' });
    expect(after.cache.peek('k')).toMatchObject({ value: 'old' });
  });

  it('confirm what a disk held since before the start, or drop it', async () => {
    const clock = new ManualClock();
    const map = new SharedMap(() => clock.wall());
    const disk = new MapTier();
    const start = () => new Harness({ clock, tiers: [disk], shared: new SharedMapTier(map) });
    await start().fill('v');
    await settle();
    expect(await start().ask()).toMatchObject({ value: 'v', served: 'hit' });
    map.flush();
    map.records.set('other', { ...tierRecordOf('other'), bornAt: clock.wall() });
    const after = start();
    void after.ask();
    await settle();
    expect(after.loads).toHaveLength(1);
    expect(after.cache.peek('k')).toBeUndefined();
  });

  it('put on their own disk what another has loaded', async () => {
    const { clock, map, at } = cluster(1);
    await at(0).fill('v');
    const disk = new MapTier();
    await new Harness({ clock, tiers: [disk], shared: new SharedMapTier(map) }).ask();
    expect(await disk.get('test:k')).toMatchObject({ version: 1 });
  });

  it('put nothing on it that was invalidated while it was written', async () => {
    const disk = new MapTier();
    const { map, at } = cluster(1, { tiers: [disk] });
    let written: () => void = () => undefined;
    map.slow = new Promise((resolve) => (written = resolve));
    const asked = at(0).ask();
    await settle();
    at(0).at(0).resolve('old');
    await asked;
    await at(0).cache.invalidate('k');
    written();
    await settle();
    expect(await disk.get('test:k')).toBeUndefined();
  });

  it('have a stale value of the store, and nothing else, in place of an error', async () => {
    const { clock, map, at } = cluster(1);
    await at(0).fill('old');
    clock.advance(1_500);
    const cold = [1, 2].map(() => new Harness({ clock, shared: new SharedMapTier(map) }));
    const asked = cold.map((process) => process.ask());
    await settle();
    cold
      .find(({ loads }) => loads.length > 0)!
      .at(0)
      .reject(new Error('down'));
    expect((await Promise.all(asked)).map(({ value, served }) => [value, served])).toEqual([
      ['old', 'stale'],
      ['old', 'stale'],
    ]);
  });

  it('lead no longer when nobody here waits any more', async () => {
    const { at, loads } = cluster(2);
    const controller = new AbortController();
    const left = at(0).ask('k', { signal: controller.signal });
    const stays = at(1).ask();
    await settle();
    controller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    at(0).at(0).reject(new Error('aborted'));
    await settle();
    expect(loads()).toBe(2);
    at(1).at(0).resolve('v');
    expect((await stays).value).toBe('v');
  });

  it('lead on for those who wait in others, until nobody does', async () => {
    const { at, loads } = cluster(2);
    let say: () => void = () => undefined;
    at(0).tier.unawaited = () => new Promise((resolve) => (say = resolve));
    const leave = async (key: string) => {
      const controller = new AbortController();
      const left = at(0).ask(key, { signal: controller.signal });
      await settle();
      controller.abort(new Error('left'));
      await expect(left).rejects.toThrow('left');
    };
    await leave('awaited');
    const stays = at(1).ask('awaited');
    await settle();
    expect(at(0).at(0).context.signal.aborted).toBe(false);
    at(0).at(0).resolve('v');
    expect((await stays).value).toBe('v');

    await leave('given up');
    expect(at(0).at(1).context.signal.aborted).toBe(false);
    say();
    await settle();
    expect(at(0).at(1).context.signal.aborted).toBe(true);
    expect(loads()).toBe(2);
  });

  it('set a value for all', async () => {
    const { at, loads } = cluster(2);
    at(0).cache.set('k', 'set');
    await settle();
    expect(await at(1).ask()).toMatchObject({ value: 'set', served: 'hit' });
    expect(loads()).toBe(0);
  });
});
