import { describe, expect, it } from '@jest/globals';
import { cluster } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';

const ANEW = { revalidate: true };
const tagged = (value: string) => LoadOutcome.keep(value, { etag: `"${value}"`, tags: ['t'] });

describe('a look-up that what is stored may not answer unconfirmed', () => {
  it('has a load confirm what is fresh, once for all who want that, and others still get hits', async () => {
    const h = new Harness();
    await h.fill(tagged('v'));
    const asked = Array.from({ length: 5 }, () => h.ask('k', ANEW));
    expect(await h.ask()).toMatchObject({ served: 'hit', value: 'v' });
    expect(h.loads).toHaveLength(2);
    expect(h.at(1).context).toMatchObject({ previous: 'v', etag: '"v"' });
    h.at(1).resolve(LoadOutcome.notModified());
    const served = (await Promise.all(asked)).map(({ served }) => served);
    expect(served).toEqual(['miss', ...Array<string>(4).fill('collapsed')]);
    expect(await h.cache.get('k', () => 'new', ANEW)).toBe('new');
  });

  it('joins the call that is under way', async () => {
    const h = new Harness();
    const asked = [h.ask(), h.ask('k', ANEW)];
    h.at(0).resolve('v');
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['v', 'v']);
    expect(h.loads).toHaveLength(1);
  });

  it('has what the tiers below hold confirmed too', async () => {
    const tier = new MapTier();
    const before = new Harness({ tiers: [tier] });
    await before.fill(tagged('v'));
    const h = new Harness({ clock: before.clock, tiers: [tier] });
    const asked = h.ask('k', ANEW);
    await settle();
    expect(h.at(0).context).toMatchObject({ previous: 'v', etag: '"v"' });
    h.at(0).resolve(LoadOutcome.notModified());
    expect(await asked).toMatchObject({ served: 'miss', value: 'v' });
  });

  it('does not take what a flight that it has joined has found there', async () => {
    const tier = new MapTier();
    const before = new Harness({ tiers: [tier] });
    await before.fill(tagged('v'));
    const h = new Harness({ clock: before.clock, tiers: [tier] });
    const [plain, anew] = [h.ask(), h.ask('k', ANEW)];
    expect(await plain).toMatchObject({ served: 'hit', tier: 'disk' });
    await settle();
    expect(h.at(0).context.previous).toBe('v');
    h.at(0).resolve('w');
    expect(await anew).toMatchObject({ served: 'miss', value: 'w' });
  });

  it('gets what is stored in place of an error, and calls nobody in the pause after it', async () => {
    const h = new Harness();
    await h.fill('v');
    const asked = h.ask('k', ANEW);
    h.at(1).reject(new Error('down'));
    expect(await asked).toMatchObject({ value: 'v', served: 'stale', staleBecause: 'error' });
    expect(await h.ask('k', ANEW)).toMatchObject({ value: 'v', staleBecause: 'error' });
    expect(await h.ask()).toMatchObject({ value: 'v', served: 'hit' });
    h.clock.advance(50);
    void h.ask('k', ANEW);
    expect(h.loads).toHaveLength(3);
  });

  it('is one call for all processes, which goes to the backend', async () => {
    const { processes, at, loads } = cluster(3);
    await at(0).fill(tagged('v'));
    await at(1).ask();
    const asked = processes.map((process) => process.ask('k', ANEW));
    await settle();
    expect(loads()).toBe(2);
    const leader = processes.find((process) => process.loads.at(-1)?.context.previous === 'v');
    leader?.loads.at(-1)?.resolve(tagged('w'));
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['w', 'w', 'w']);
  });

  it('has a process that has nothing learn what there is, and ask whether it still holds', async () => {
    const { at } = cluster(2);
    await at(0).fill(tagged('v'));
    const asked = at(1).ask('k', ANEW);
    await settle();
    expect(at(1).at(0).context).toMatchObject({ previous: 'v', etag: '"v"' });
    at(1).at(0).resolve(LoadOutcome.notModified());
    expect(await asked).toMatchObject({ value: 'v', served: 'miss' });
  });

  it('calls where the others cannot be reached', async () => {
    const { at, map } = cluster(2);
    await at(0).fill(tagged('v'));
    map.away = true;
    const asked = at(0).ask('k', ANEW);
    await settle();
    expect(at(0).at(1).context.previous).toBe('v');
    at(0).at(1).resolve('w');
    expect(await asked).toMatchObject({ value: 'w', served: 'miss' });
  });

  it('is not answered by what this process gives back to a tier that has lost it', async () => {
    const { at, map } = cluster(1);
    await at(0).fill(tagged('v'));
    at(0).tier.turnDeaf();
    at(0).tier.hearAgain();
    map.flush();
    const asked = at(0).ask('k', ANEW);
    await settle();
    expect(at(0).at(1).context.previous).toBe('v');
    at(0).at(1).resolve('w');
    expect(await asked).toMatchObject({ value: 'w', served: 'miss' });
  });
});

describe('what memory has, for who only looks', () => {
  it('is told however old it is, and counts as nothing', async () => {
    const h = new Harness();
    await h.fill(tagged('v'));
    const before = h.cache.counters();
    h.clock.advance(5_000);
    expect(h.cache.peekStored('k')).toEqual({
      ...{ value: 'v', ageMs: 5_000, freshMs: 100, staleMs: 1_000, staleIfErrorMs: 2_000 },
      ...{ keepMs: undefined, tags: ['t'], etag: '"v"', filling: false },
    });
    expect(h.cache.peekStored('l')).toBeUndefined();
    expect(h.cache.counters()).toEqual(before);
  });
});
