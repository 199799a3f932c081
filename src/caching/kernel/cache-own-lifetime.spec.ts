import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { SharedMap, SharedMapTier } from '../testing/shared-map.js';
import { LoadOutcome } from './load-outcome.js';
import type { ValueLifetime } from './load-outcome.js';

const NEVER = { freshMs: 0, staleMs: 0, staleIfErrorMs: 0 };
const HOUR = 3_600_000;

const lived = (value: string, lifetime: ValueLifetime) =>
  LoadOutcome.keep(value, { etag: `"${value}"`, lifetime });

describe('a value that says itself how long it lives', () => {
  it('lives by its own times, longer or shorter than the policy has it', async () => {
    const h = new Harness();
    await h.fill(lived('v', { freshMs: 500, staleMs: 700, staleIfErrorMs: 900 }));
    h.clock.advance(499);
    expect(h.cache.peek('k')).toMatchObject({ value: 'v', ttlMs: 1 });
    h.clock.advance(1);
    expect(await h.ask()).toMatchObject({ served: 'stale', staleBecause: 'revalidating' });
    h.clock.advance(200);
    h.at(1).reject(new Error('down'));
    await settle();
    expect(await h.ask()).toMatchObject({ served: 'stale', staleBecause: 'error' });
    h.clock.advance(200);
    const asked = h.ask();
    h.at(-1).reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });

  it('is not shortened at random', async () => {
    const h = new Harness({ policy: { jitter: 1 } });
    h.chance = 0.9;
    await h.fill(lived('v', { freshMs: 500, staleMs: 0, staleIfErrorMs: 0 }));
    expect(h.cache.peek('k')?.ttlMs).toBe(500);
  });

  it('may say that there is nothing, for as long as it says', async () => {
    const h = new Harness({ policy: { negativeMs: 0 } });
    const lifetime = { freshMs: 300, staleMs: 0, staleIfErrorMs: 0 };
    expect(await h.fill(LoadOutcome.negative('none', { lifetime }))).toMatchObject({
      stored: true,
    });
    h.clock.advance(299);
    expect(h.cache.peek('k')?.value).toBe('none');
  });

  it('keeps them when it is found not modified, unless it gets others', async () => {
    const h = new Harness();
    await h.fill(lived('v', { freshMs: 500, staleMs: 0, staleIfErrorMs: 0, keepMs: HOUR }));
    h.clock.advance(600);
    const again = h.ask();
    h.at(1).resolve(LoadOutcome.notModified());
    expect(await again).toMatchObject({ value: 'v', ttlMs: 500 });
    h.clock.advance(600);
    const other = h.ask();
    const lifetime = { freshMs: 50, staleMs: 0, staleIfErrorMs: 0 };
    h.at(2).resolve(LoadOutcome.notModified({ lifetime }));
    expect(await other).toMatchObject({ value: 'v', ttlMs: 50 });
  });

  it('is not cut to the policy of whoever reads it from a tier', async () => {
    const clock = new ManualClock();
    const tiers = [new MapTier()];
    await new Harness({ clock, tiers }).fill(
      lived('v', { freshMs: HOUR, staleMs: HOUR, staleIfErrorMs: HOUR }),
    );
    clock.advance(HOUR - 1);
    const again = new Harness({ clock, tiers, policy: { freshMs: 1, staleMs: 0, jitter: 1 } });
    expect(await again.ask()).toMatchObject({ value: 'v', served: 'hit', ttlMs: 1 });
  });

  it('is not cut to the policy of another process, nor fetched anew by it', async () => {
    const clock = new ManualClock();
    const map = new SharedMap(() => clock.wall());
    const process = (policy: object) =>
      new Harness({ clock, shared: new SharedMapTier(map), policy });
    await process({}).fill(lived('v', { freshMs: HOUR, staleMs: HOUR, staleIfErrorMs: HOUR }));
    clock.advance(HOUR - 1);
    const short = process({ freshMs: 1, staleMs: 0 });
    expect(await short.ask()).toMatchObject({ value: 'v', served: 'hit', ttlMs: 1 });
    expect(short.loads).toHaveLength(0);
  });

  it('is everybody’s who has asked, where it was older than that when it came', async () => {
    const { processes, loads, map } = cluster(3);
    for (let round = 1; round <= 2; round++) {
      const asked = processes.map((process) => process.ask());
      await settle();
      expect(loads()).toBe(round);
      const lifetime = { freshMs: 100, staleMs: 0, staleIfErrorMs: 0 };
      const old = LoadOutcome.keep('v', { etag: '"v"', ageMs: 200, lifetime });
      for (const { loads } of processes) loads.at(-1)?.resolve(old);
      expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'v', 'v']);
      expect(map.records.size).toBe(0);
    }
    const renewed = processes.find(({ loads }) => loads.at(-1)?.context.etag === '"v"');
    expect(renewed?.loads.at(-1)?.context.previous).toBe('v');
  });

  it.each([
    [{ staleMs: 0, staleIfErrorMs: 0 }, '"facts.lifetime.freshMs" must be a number'],
    [{ freshMs: 1, staleIfErrorMs: 0 }, '"facts.lifetime.staleMs" must be a number'],
    [{ freshMs: 1, staleMs: 1 }, '"facts.lifetime.staleIfErrorMs" must be a number'],
    [{ freshMs: 10, staleMs: 5, staleIfErrorMs: 0 }, '"facts.lifetime.staleMs" must be 0, which'],
    [{ ...NEVER, keepMs: -1 }, '"facts.lifetime.keepMs" must be a number'],
    [{ ...NEVER, keep: 1 }, 'did you mean "keepMs"?'],
    [null, '"facts.lifetime" must be an object'],
  ])('says it in full and in numbers: not %j', (lifetime, words) => {
    expect(() => LoadOutcome.keep('v', { lifetime: lifetime as never })).toThrow(words);
  });
});

describe('a value that is kept to be validated', () => {
  const kept = lived('v', { ...NEVER, freshMs: 100, keepMs: HOUR });

  it('is the next load’s previous value once it has expired, and nobody’s answer', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    await h.fill(kept);
    h.clock.advance(200);
    expect(h.cache.peek('k')).toBeUndefined();
    const asked = h.ask();
    await settle();
    expect(h.at(1).context).toMatchObject({ previous: 'v', etag: '"v"' });
    h.at(1).reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });

  it('waits for that in the tiers below, across a restart, until its time is over', async () => {
    const clock = new ManualClock();
    const tiers = [new MapTier()];
    await new Harness({ clock, tiers }).fill(kept);
    clock.advance(100 + HOUR - 1);
    const h = new Harness({ clock, tiers });
    const asked = h.ask();
    await settle();
    expect(h.at(0).context).toMatchObject({ previous: 'v', etag: '"v"' });
    h.at(0).resolve(LoadOutcome.notModified());
    expect(await asked).toMatchObject({ value: 'v', served: 'miss', stored: true, ttlMs: 100 });
    await settle();

    clock.advance(100 + HOUR);
    const late = new Harness({ clock, tiers });
    void late.ask();
    await settle();
    expect(late.at(0).context.previous).toBeUndefined();
  });

  it('lies below even where it never was fresh', async () => {
    const clock = new ManualClock();
    const tier = new MapTier();
    const never = lived('v', { ...NEVER, keepMs: HOUR });
    await new Harness({ clock, tiers: [tier] }).fill(never);
    expect([...tier.records.values()]).toMatchObject([{ freshMs: 0, keepMs: HOUR }]);
    const h = new Harness({ clock, tiers: [tier] });
    void h.ask();
    await settle();
    expect(h.at(0).context.previous).toBe('v');
  });

  it('is dropped below when what replaces it may lie in memory alone', async () => {
    const tier = new MapTier();
    const h = new Harness({ tiers: [tier] });
    await h.fill(lived('v', { ...NEVER, keepMs: HOUR }));
    expect(tier.records.size).toBe(1);
    await h.fill(LoadOutcome.keep('w', { revalidate: true }));
    expect(tier.records.size).toBe(0);
  });

  it('is validated by one process for all that share a tier', async () => {
    const { clock, processes, at, loads } = cluster(3);
    await at(0).fill(kept);
    clock.advance(200);
    const asked = processes.map((process) => process.ask());
    await settle();
    expect(loads()).toBe(2);
    const leader = processes.find(({ loads }) => loads.at(-1)?.context.previous === 'v');
    leader?.loads.at(-1)?.resolve(LoadOutcome.notModified());
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'v', 'v']);
  });

  it('is called expired by whoever looks', async () => {
    const h = new Harness({ tiers: [new MapTier()] });
    await h.fill(kept);
    h.clock.advance(200);
    const { next, held } = await h.cache.inspect('k');
    expect(next).toBe('calls the backend');
    expect(held.map(({ tier, state }) => [tier, state])).toEqual([
      ['memory', 'expired'],
      ['disk', 'expired'],
    ]);
  });
});
