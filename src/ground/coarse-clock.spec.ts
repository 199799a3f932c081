import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './manual-clock.js';
import { CoarseClock } from './runtime.js';

describe('the coarse clock', () => {
  it('reads the clock once a millisecond, however often it is asked', () => {
    const clock = new ManualClock();
    let readings = 0;
    const counted = { wall: () => clock.wall(), monotonic: () => (readings++, clock.monotonic()) };
    const coarse = new CoarseClock(counted, clock);
    for (let i = 0; i < 1_000; i++) coarse.now();
    expect([readings, clock.pending]).toEqual([1, 1]);
    clock.advance(1);
    expect(coarse.now()).toBe(clock.monotonic());
    expect(readings).toBe(2);
  });

  it('follows time that is advanced under it, and leaves no timer behind when nobody asks', () => {
    const clock = new ManualClock();
    const coarse = new CoarseClock(clock, clock);
    coarse.now();
    clock.advance(10_000);
    expect(clock.pending).toBe(0);
    expect(coarse.now()).toBe(clock.monotonic());
  });
});
