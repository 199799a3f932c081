import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { AttentiveClock } from './attentive-clock.js';
import { MachineMemory } from './machine-memory.js';

describe('a clock of what a process can hear', () => {
  it('goes as the clock does while nothing hangs, asked or not', () => {
    const clock = new ManualClock();
    const attentive = new AttentiveClock(clock, clock);
    const start = attentive.monotonic();
    for (let n = 1; n <= 20; n++) {
      clock.advance(90);
      expect(attentive.monotonic() - start).toBe(90 * n);
    }
    clock.advance(60_000);
    expect(attentive.monotonic() - start).toBe(61_800);
  });

  it('stands still while the process hangs, and never goes back', () => {
    const clock = new ManualClock();
    let hungMs = 0;
    const real = { monotonic: () => clock.monotonic() + hungMs, wall: () => clock.wall() };
    const attentive = new AttentiveClock(real, clock);
    const start = attentive.monotonic();
    hungMs += 10_000;
    expect(attentive.monotonic()).toBe(start);
    clock.advance(100);
    hungMs += 5_000;
    clock.advance(100);
    expect(attentive.monotonic()).toBe(start + 100);
  });

  it('has not hung where somebody has moved the clock', () => {
    const clock = new ManualClock();
    let movedMs = 0;
    const moved = { monotonic: () => clock.monotonic() + movedMs };
    const attentive = new AttentiveClock(moved, clock, clock);
    const start = attentive.monotonic();
    movedMs += 600_000;
    expect(attentive.monotonic() - start).toBe(600_000);
    clock.advance(50);
    expect(attentive.monotonic() - start).toBe(600_050);
  });

  it('keeps guards for as long as their owners can be heard, and values no longer than they are good', () => {
    const clock = new ManualClock();
    let hungMs = 0;
    const real = { monotonic: () => clock.monotonic() + hungMs, wall: () => clock.wall() };
    const memory = new MachineMemory(real, 4_000, new AttentiveClock(real, clock));
    memory.set('lease', Buffer.from('l'), 5_000);
    memory.cache('value', Buffer.from('v'), 5_000);
    hungMs += 6_000;
    expect([memory.pttl('lease'), memory.pttl('value')]).toEqual([5_000, -2]);
    clock.advance(4_000);
    expect(memory.pttl('lease')).toBe(1_000);
    memory.pexpire('lease', 2_000);
    expect(memory.pttl('lease')).toBe(2_000);
    clock.advance(2_000);
    expect(memory.get('lease')).toBeUndefined();
  });
});
