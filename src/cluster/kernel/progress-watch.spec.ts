import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { ProgressWatch } from './progress-watch.js';

function watch(options: { hungAfterMs: number; stuckAfterMs?: number } = { hungAfterMs: 300 }) {
  const clock = new ManualClock();
  const line: object[] = [];
  const read: (() => void)[] = [];
  let hung = 0;
  const own = new ProgressWatch(
    clock,
    {
      oldest: () => line[0],
      afterPoll: (task) => read.push(task),
      hung: () => (hung += 1),
    },
    options,
  );
  return {
    clock,
    watch: own,
    send: () => {
      line.push({});
      own.sent();
    },
    answer: (index = 0) => {
      line.splice(index, 1);
      own.progressed();
    },
    poll: () => {
      for (const task of read.splice(0)) task();
    },
    hung: () => hung,
  };
}

describe('ProgressWatch', () => {
  it('finds out a store that answers nothing for as long as it may, once', () => {
    const store = watch();
    store.send();
    store.clock.advance(299);
    store.poll();
    expect(store.hung()).toBe(0);
    store.clock.advance(1);
    store.poll();
    expect(store.hung()).toBe(1);
    store.clock.advance(1_000);
    store.poll();
    expect(store.hung()).toBe(1);
  });

  it('takes any answer for progress, whichever command it belongs to', () => {
    const store = watch();
    for (let n = 0; n < 20; n += 1) store.send();
    for (let n = 0; n < 10; n += 1) {
      store.clock.advance(290);
      store.answer(5);
      store.poll();
    }
    expect(store.hung()).toBe(0);
    store.clock.advance(400);
    store.poll();
    expect(store.hung()).toBe(1);
  });

  it('waits for what has already arrived to be read before it concludes', () => {
    const store = watch();
    store.send();
    store.send();
    store.clock.advance(300);
    store.answer();
    store.poll();
    expect(store.hung()).toBe(0);
  });

  it('concludes nothing for commands that were given up between the look and the poll', () => {
    const store = watch();
    store.send();
    store.clock.advance(300);
    store.watch.stop();
    store.poll();
    expect(store.hung()).toBe(0);

    store.send();
    store.poll();
    expect(store.hung()).toBe(0);
  });

  it('counts a process that stood still as one look, however long that took', () => {
    // A timer that is overdue runs once, whether by a millisecond or by ten seconds.
    let overdue = () => {};
    let hung = 0;
    const command = {};
    const watching = new ProgressWatch(
      { schedule: (task) => ((overdue = task), () => {}) },
      { oldest: () => command, afterPoll: (task) => task(), hung: () => (hung += 1) },
      { hungAfterMs: 300 },
    );
    watching.sent();
    for (let look = 1; look <= 5; look += 1) overdue();
    expect(hung).toBe(0);
    overdue();
    expect(hung).toBe(1);
  });

  it('costs no timer while nothing is on its way', () => {
    const store = watch();
    expect(store.clock.pending).toBe(0);
    store.send();
    expect(store.clock.pending).toBe(1);
    store.send();
    expect(store.clock.pending).toBe(1);
    store.answer();
    store.answer();
    store.clock.advance(50);
    expect(store.clock.pending).toBe(0);
  });

  it('counts from the first command after a rest, not from the last answer before it', () => {
    const store = watch();
    store.send();
    store.answer();
    store.clock.advance(10_000);
    store.send();
    store.clock.advance(280);
    store.poll();
    expect(store.hung()).toBe(0);
  });

  it('finds out one server of several that hangs while the others answer', () => {
    const store = watch({ hungAfterMs: 300, stuckAfterMs: 900 });
    store.send();
    for (let n = 0; n < 95; n += 1) {
      store.send();
      store.clock.advance(10);
      store.answer(1);
      store.poll();
    }
    expect(store.hung()).toBe(1);

    const single = watch();
    single.send();
    for (let n = 0; n < 1_000; n += 1) {
      single.send();
      single.clock.advance(10);
      single.answer(1);
      single.poll();
    }
    expect(single.hung()).toBe(0);
  });
});
