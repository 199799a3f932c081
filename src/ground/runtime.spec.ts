import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from './manual-clock.js';
import { elapsedMs, instantOf, systemClock, systemScheduler } from './runtime.js';

describe('the time that has passed since an instant', () => {
  const clock = new ManualClock();

  it('ignores a wall clock that was set back', () => {
    const since = instantOf(clock);
    clock.advance(100);
    clock.shiftWall(-3_600_000);
    expect(elapsedMs(clock, since)).toBe(100);
  });

  it('goes on while the process was suspended, and its monotonic clock with it', () => {
    const since = instantOf(clock);
    clock.shiftWall(5_000);
    expect(elapsedMs(clock, since)).toBe(5_000);
  });

  it('is never negative', () => {
    const since = { monotonic: clock.monotonic() + 1, wall: clock.wall() + 1 };
    expect(elapsedMs(clock, since)).toBe(0);
  });
});

describe('the time of the process', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('moves with every way of faking it', () => {
    const since = instantOf(systemClock);
    jest.advanceTimersByTime(250);
    expect(systemClock.monotonic() - since.monotonic).toBe(250);
    expect(systemClock.wall() - since.wall).toBe(250);
  });

  it('runs a task once when it is due, and one that was cancelled never', () => {
    const ran: string[] = [];
    systemScheduler.schedule(() => ran.push('due'), 10);
    const cancel = systemScheduler.schedule(() => ran.push('cancelled'), 10);
    cancel();
    cancel();
    jest.advanceTimersByTime(1_000);
    expect(ran).toEqual(['due']);
  });
});

describe('manual time', () => {
  it('runs each task at the moment it is due, in order, those it schedules meanwhile too', () => {
    const clock = new ManualClock();
    const start = clock.monotonic();
    const ran: number[] = [];
    const note = () => ran.push(clock.monotonic() - start);
    clock.schedule(note, 30);
    clock.schedule(() => {
      note();
      clock.schedule(note, 5);
    }, 10);
    const cancel = clock.schedule(note, 20);
    expect(clock.pending).toBe(3);
    cancel();
    clock.advance(100);
    expect(ran).toEqual([10, 15, 30]);
    expect(clock.pending).toBe(0);
  });
});
