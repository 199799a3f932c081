import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { arriving } from '../testing/arriving.js';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';
import type { ValueFacts } from './load-outcome.js';

const broken = new Error('reset');

describe('a value that is still arriving, of several processes', () => {
  it('is waited for by the others until it is whole, and is one call for all', async () => {
    const { processes, at, loads, map } = cluster(3);
    const asked = processes.map((process) => process.ask());
    await settle();
    const { keep, end } = arriving('v');
    at(0).at(0).resolve(keep);
    await settle();
    expect(await asked[0]).toMatchObject({ value: 'v', served: 'miss' });
    expect(await at(0).ask()).toMatchObject({ value: 'v', served: 'hit' });
    expect([loads(), map.records.size, map.flights.size]).toEqual([1, 0, 1]);
    end(10);
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'v', 'v']);
    expect([loads(), map.records.size, map.flights.size]).toEqual([1, 1, 0]);
    expect(at(0).cache.peekStored('k')).toMatchObject({ value: 'v', filling: false });
  });

  it('is waited for no longer once it turns out to be for its own process alone', async () => {
    const { processes, at, loads, map } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    let confine!: () => void;
    const confined = new Promise<void>((resolve) => {
      confine = resolve;
    });
    const { keep, end } = arriving('v', { confined });
    at(0).at(0).resolve(keep);
    await settle();
    expect(loads()).toBe(1);
    confine();
    await settle();
    expect([loads(), map.flights.size]).toEqual([2, 0]);
    expect(await at(0).ask()).toMatchObject({ value: 'v', served: 'hit' });
    at(1).at(0).resolve(LoadOutcome.uncacheable('w'));
    expect((await asked[1])?.value).toBe('w');
    end(10);
    await settle();
    expect([at(0).cache.peek('k')?.value, map.records.size]).toEqual(['v', 0]);
  });

  it('that breaks off is fetched by one of those who wait', async () => {
    const { processes, at, loads } = cluster(3);
    const asked = processes.map((process) => process.ask());
    await settle();
    const { keep, fail } = arriving('v');
    at(0).at(0).resolve(keep);
    await asked[0];
    fail(broken);
    await settle();
    expect(loads()).toBe(2);
    const next = processes.slice(1).find(({ loads }) => loads.length > 0);
    next?.at(0).resolve('w');
    expect((await Promise.all(asked.slice(1))).map(({ value }) => value)).toEqual(['w', 'w']);
  });

  it('is not kept where another process has invalidated it meanwhile', async () => {
    const { processes, at, map } = cluster(2);
    const { keep, end } = arriving('v', { tags: ['t'] });
    await processes[0]!.fill(keep);
    await at(1).caching.invalidateTag('t');
    expect(at(0).cache.peekStored('k')).toBeUndefined();
    end(10);
    await settle();
    expect([map.records.size, at(0).cache.peekStored('k')]).toEqual([0, undefined]);
  });

  it('leaves memory where the tier refuses it', async () => {
    const { at, map } = cluster(2);
    const { keep, end } = arriving('v', { tags: ['t'] });
    await at(0).fill(keep);
    at(0).tier.turnDeaf();
    await at(1).caching.invalidateTag('t');
    expect(at(0).cache.peek('k')?.value).toBe('v');
    end(10);
    await settle();
    expect([map.records.size, at(0).cache.peekStored('k')]).toEqual([0, undefined]);
  });

  it('is kept in doubt while invalidations may have been missed, and certain once the tier has it', async () => {
    const { at, map } = cluster(2);
    const { keep, end } = arriving('v');
    await at(0).fill(keep);
    at(0).tier.turnDeaf();
    at(0).tier.hearAgain();
    expect(at(0).cache.peekStored('k')).toBeUndefined();
    end(10);
    await settle();
    expect(at(0).cache.peek('k')?.value).toBe('v');
    expect(map.records.size).toBe(1);
  });

  it('is not offered to a tier that has lost everything before it is whole', async () => {
    const { at, map } = cluster(2);
    await at(0).fill('first', 'l');
    const { keep } = arriving('v');
    await at(0).fill(keep);
    at(0).tier.turnDeaf();
    at(0).tier.hearAgain();
    map.flush();
    map.flights.clear();
    void at(0).ask();
    await settle();
    expect(map.records.size).toBe(0);
    expect(at(0).loads).toHaveLength(3);
  });

  it('is held in doubt where the right to bring it is', async () => {
    const { at, map } = cluster(2);
    const asked = at(0).ask();
    await settle();
    at(0).tier.isInDoubt = true;
    const { keep, end } = arriving('v');
    at(0).at(0).resolve(keep);
    expect(await asked).toMatchObject({ value: 'v' });
    expect(at(0).cache.peekStored('k')).toBeUndefined();
    end(10);
    await settle();
    expect(at(0).cache.peek('k')?.value).toBe('v');
    expect(map.records.size).toBe(1);
  });

  it.each([
    ['is not to be kept', (facts: ValueFacts) => LoadOutcome.uncacheable('v', facts)],
    ['is held back', (facts: ValueFacts) => LoadOutcome.keep('v', { ...facts, revalidate: true })],
  ])('and %s is the others’ too, once it is whole', async (_why, outcomeOf) => {
    const { processes, at, loads } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    const { facts, end } = arriving('v');
    at(0).at(0).resolve(outcomeOf(facts));
    await settle();
    let others: unknown;
    void asked[1]!.then(({ value }) => (others = value));
    await settle();
    expect([(await asked[0])?.value, others]).toEqual(['v', undefined]);
    end(10);
    expect((await asked[1])?.value).toBe('v');
    expect(loads()).toBe(1);
  });

  it('and is not to be kept is fetched by the others where it breaks off', async () => {
    const { processes, at, loads } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    const { facts, fail } = arriving('v');
    at(0).at(0).resolve(LoadOutcome.uncacheable('v', facts));
    fail(broken);
    await settle();
    expect(loads()).toBe(2);
    at(1).at(0).resolve('w');
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'w']);
  });

  it.each([
    ['is too large', { sizeBytes: 1e9 }],
    ['is for its process alone', { local: true }],
  ])('and %s has the others call at once', async (_why, facts) => {
    const { processes, at, loads, map } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    at(0).at(0).resolve(arriving('v', facts).keep);
    await settle();
    expect(loads()).toBe(2);
    at(1).at(0).resolve('w');
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'w']);
    expect(map.records.get('test:k')?.payload).toEqual(serialize('w'));
  });
});

describe('a value that is for its process alone', () => {
  it('is kept in memory, and takes the place of what the tiers below have', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    await h.fill('before');
    h.clock.advance(3_000);
    const local = LoadOutcome.keep('v', { local: true });
    expect(await h.fill(local)).toMatchObject({ value: 'v', served: 'miss', stored: true });
    expect(await h.ask()).toMatchObject({ value: 'v', served: 'hit', tier: 'memory' });
    expect(tier.records.size).toBe(0);
  });

  it('is nobody else’s even where it is not kept', async () => {
    const { processes, at, loads } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    at(0)
      .at(0)
      .resolve(LoadOutcome.uncacheable('mine', { local: true }));
    await settle();
    expect(loads()).toBe(2);
    at(1).at(0).resolve('yours');
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['mine', 'yours']);
  });
});
