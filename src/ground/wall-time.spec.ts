import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './manual-clock.js';
import { WallTime } from './runtime.js';

describe('wall time', () => {
  it('is the wall clock', () => {
    const clock = new ManualClock();
    const time = new WallTime(clock);
    expect(time.now()).toBe(clock.wall());
    clock.advance(5);
    expect(time.now()).toBe(clock.wall());
  });

  it('does not go back when the wall clock does, and keeps advancing', () => {
    const clock = new ManualClock();
    const time = new WallTime(clock);
    const born = time.next();
    clock.advance(1_000);
    clock.shiftWall(-3_600_000);
    expect(time.ageOf(born)).toBeCloseTo(1_000);
    clock.advance(1_000);
    expect(time.ageOf(born)).toBeCloseTo(2_000);
  });

  it('ages records when the wall clock is set forth, for good', () => {
    const clock = new ManualClock();
    const time = new WallTime(clock);
    const born = time.next();
    clock.shiftWall(60_000);
    expect(time.ageOf(born)).toBeCloseTo(60_000);
    clock.shiftWall(-60_000);
    expect(time.ageOf(born)).toBeGreaterThanOrEqual(60_000 - 0.01);
  });

  it('knows no age of a record from the future', () => {
    const clock = new ManualClock();
    expect(new WallTime(clock).ageOf(clock.wall() + 3)).toBeUndefined();
    expect(new WallTime(clock).ageOf(NaN)).toBeUndefined();
  });

  it('takes a record that another process has just written for new', () => {
    const clock = new ManualClock();
    expect(new WallTime(clock).ageOf(clock.wall() + 1)).toBe(0);
  });

  it('gives all moments an order, within one millisecond too', () => {
    const time = new WallTime(new ManualClock());
    const moments = [time.next(), time.next(), time.next()];
    expect(new Set(moments).size).toBe(3);
    expect(moments).toEqual([...moments].sort());
    expect(time.now()).toBeGreaterThanOrEqual(moments[2]!);
  });
});
