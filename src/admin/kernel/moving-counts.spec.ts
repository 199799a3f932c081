import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { MovingCounts } from './moving-counts.js';

describe('Counts of the last seconds', () => {
  let clock: ManualClock;
  let counts: MovingCounts<'asked' | 'made'>;

  beforeEach(() => {
    clock = new ManualClock();
    counts = new MovingCounts(clock, ['asked', 'made'], 3);
  });

  const asked = () => counts.history().by.asked;

  it('has nothing to tell at first', () => {
    expect(counts.totals()).toEqual({ asked: 0, made: 0 });
    expect(counts.history()).toEqual({
      endedMsAgo: 0,
      by: { asked: [0, 0, 0], made: [0, 0, 0] },
    });
  });

  it('tells a second when it is over', () => {
    counts.add('asked', 2);
    counts.add('made');
    expect(counts.totals()).toEqual({ asked: 2, made: 1 });
    expect(asked()).toEqual([0, 0, 0]);
    clock.advance(1_250);
    expect(counts.history()).toEqual({
      endedMsAgo: 250,
      by: { asked: [0, 0, 2], made: [0, 0, 1] },
    });
  });

  it('keeps the seconds in order, with those in which nothing came', () => {
    counts.add('asked', 5);
    clock.advance(2_000);
    counts.add('asked', 7);
    clock.advance(1_000);
    expect(asked()).toEqual([5, 0, 7]);
    clock.advance(1_000);
    expect(asked()).toEqual([0, 7, 0]);
  });

  it('forgets what is older, and never the total', () => {
    counts.add('asked', 5);
    clock.advance(100_000);
    expect(asked()).toEqual([0, 0, 0]);
    counts.add('asked');
    clock.advance(1_000);
    expect(asked()).toEqual([0, 0, 1]);
    expect(counts.totals().asked).toBe(6);
    expect(clock.pending).toBe(0);
  });
});
