import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { SharedMap, SharedMapTier } from '../testing/shared-map.js';
import { LoadOutcome } from './load-outcome.js';

const LONG = { freshMs: 1_000, staleMs: 5_000, staleIfErrorMs: 5_000 };
const SHORT = { freshMs: 100, staleMs: 100, staleIfErrorMs: 100 };

describe('of two lifetimes the smaller counts', () => {
  it('where another process, whose values live longer, has stored it', async () => {
    const clock = new ManualClock();
    const map = new SharedMap(() => clock.wall());
    const process = (policy: object) =>
      new Harness({ clock, shared: new SharedMapTier(map), policy });
    const [long, short] = [process(LONG), process(SHORT)];
    await long.fill('old');
    expect(await short.ask()).toMatchObject({ value: 'old', served: 'hit', ttlMs: 100 });
    clock.advance(250);
    expect(short.cache.peek('k')).toBeUndefined();
    expect(long.cache.peek('k')?.value).toBe('old');
    const asked = short.ask();
    await settle();
    short.at(0).resolve('new');
    expect(await asked).toMatchObject({ value: 'new', served: 'miss' });
    // By one call among all of them, whose value lives as long as its process says.
    expect(await process(LONG).ask()).toMatchObject({ value: 'new', served: 'hit' });
  });

  it('where this process kept it before it was started with a shorter one', async () => {
    const clock = new ManualClock();
    const tiers = [new MapTier('disk')];
    await new Harness({ clock, tiers, policy: LONG }).fill('old');
    clock.advance(150);
    const again = new Harness({ clock, tiers, policy: SHORT });
    const asked = again.ask();
    await settle();
    again.at(0).resolve('new');
    expect(await asked).toMatchObject({ value: 'new', served: 'miss' });
  });

  it('and a longer one makes nothing live longer', async () => {
    const clock = new ManualClock();
    const tiers = [new MapTier('disk')];
    await new Harness({ clock, tiers, policy: SHORT }).fill('old');
    const again = new Harness({ clock, tiers, policy: LONG });
    expect(await again.ask()).toMatchObject({ value: 'old', ttlMs: 100 });
  });

  it('but what says that there is nothing has a time of its own', async () => {
    const clock = new ManualClock();
    const tiers = [new MapTier('disk')];
    const policy = { ...SHORT, negativeMs: 400 };
    await new Harness({ clock, tiers, policy }).fill(LoadOutcome.negative('none'));
    clock.advance(150);
    const again = new Harness({ clock, tiers, policy });
    expect(await again.ask()).toMatchObject({ value: 'none', served: 'hit' });
  });
});
