import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { SYSTEM_PORTS } from '../create-coalescer.js';
import { DeadlineQueue } from './deadline-queue.js';

interface Item {
  readonly name: string;
  readonly deadline: number;
}

function queueOn(clock: ManualClock, onExpired?: (item: Item) => void, onIdle?: () => void) {
  const expired: string[] = [];
  const delays: number[] = [];
  let wake = (): void => undefined;
  const scheduler = {
    schedule: (task: () => void, delayMs: number) => {
      delays.push(delayMs);
      wake = task;
      return clock.schedule(task, delayMs);
    },
  };
  const queue = new DeadlineQueue<Item>(
    { ...SYSTEM_PORTS, clock, scheduler },
    (item) => {
      expired.push(item.name);
      onExpired?.(item);
    },
    onIdle,
  );
  const add = (name: string, inMs: number): Item => {
    const item = { name, deadline: clock.monotonic() + inMs };
    queue.add(item);
    return item;
  };
  return { queue, add, expired, delays, wake: () => wake() };
}

describe('a deadline queue', () => {
  it('expires items in order, each at its deadline, with one timer', () => {
    const clock = new ManualClock();
    const { queue, add, expired } = queueOn(clock);
    add('a', 10);
    add('b', 10);
    add('c', 15);
    expect(clock.pending).toBe(1);
    expect(queue.size).toBe(3);
    clock.advance(9);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a', 'b']);
    expect([...queue.values()].map(({ name }) => name)).toEqual(['c']);
    clock.advance(5);
    expect(expired).toEqual(['a', 'b', 'c']);
    expect(clock.pending).toBe(0);
  });

  it('does not touch its timer when an item leaves', () => {
    const clock = new ManualClock();
    const { queue, add, expired, delays } = queueOn(clock);
    const a = add('a', 10);
    queue.delete(a);
    add('b', 30);
    expect(delays).toEqual([10]);
    clock.advance(10);
    expect(delays).toEqual([10, 20]);
    clock.advance(20);
    expect(expired).toEqual(['b']);
  });

  it('says when it is idle, and not before', () => {
    const clock = new ManualClock();
    let idle = 0;
    const { queue, add } = queueOn(clock, undefined, () => idle++);
    add('a', 10);
    const b = add('b', 20);
    clock.advance(10);
    expect(idle).toBe(0);
    queue.delete(b);
    expect(idle).toBe(0);
    clock.advance(10);
    expect(idle).toBe(1);
    add('c', 5);
    expect(clock.pending).toBe(1);
  });

  it('takes items that are added while others expire', () => {
    const clock = new ManualClock();
    const { add, expired } = queueOn(clock, ({ name }) => {
      if (name === 'a') add('b', 10);
    });
    add('a', 10);
    clock.advance(10);
    expect(expired).toEqual(['a']);
    expect(clock.pending).toBe(1);
    clock.advance(10);
    expect(expired).toEqual(['a', 'b']);
  });

  it('waits on when its timer fires early, as timers of the process may', () => {
    const clock = new ManualClock();
    const { add, expired, delays, wake } = queueOn(clock);
    add('a', 10.4);
    clock.shiftWall(60_000);
    wake();
    expect(expired).toEqual([]);
    expect(delays).toEqual([11, 11]);
    clock.advance(11);
    expect(expired).toEqual(['a']);
  });

  it('never asks for a longer delay than timers take', () => {
    const clock = new ManualClock();
    const { add, expired, delays } = queueOn(clock);
    add('a', 2 ** 31 + 5);
    clock.advance(2 ** 31 - 1);
    expect(expired).toEqual([]);
    expect(delays).toEqual([2 ** 31 - 1, 6]);
    clock.advance(6);
    expect(expired).toEqual(['a']);
  });

  it('stops when it is closed', () => {
    const clock = new ManualClock();
    const { queue, add, expired } = queueOn(clock);
    queue.close();
    add('a', 10);
    queue.close();
    queue.close();
    clock.advance(10);
    expect(expired).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
