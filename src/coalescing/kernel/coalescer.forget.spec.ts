import { describe, expect, it } from '@jest/globals';
import {
  fulfilled,
  Harness,
  PENDING,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';

describe('forget', () => {
  it('makes the flight unjoinable, and its callers still get its outcome', async () => {
    const h = new Harness();
    const before = h.run();
    expect(h.coalescer.forget('k')).toBe(true);
    const after = h.run();
    expect(h.loads).toHaveLength(2);
    h.at(0).resolve('old');
    expect(await standingsOf([before, after])).toEqual([fulfilled('old'), PENDING]);
    h.at(1).resolve('new');
    expect(await standingOf(after)).toEqual(fulfilled('new'));
  });

  it('fences the result for caches, and only that flight', () => {
    const h = new Harness();
    void h.run();
    expect(h.at(0).flight.cacheable).toBe(true);
    h.coalescer.forget('k');
    expect(h.at(0).flight.fenced).toBe(true);
    expect(h.at(0).flight.cacheable).toBe(false);
    void h.run();
    expect(h.at(1).flight.fenced).toBe(false);
  });

  it('leaves the newer flight in the table when the forgotten one ends', async () => {
    const h = new Harness();
    void h.run();
    h.coalescer.forget('k');
    void h.run();
    h.at(0).resolve('old');
    await settle();
    void h.run();
    expect(h.loads).toHaveLength(2);
  });

  it('does not abort what callers wait for', () => {
    const h = new Harness();
    void h.run();
    h.coalescer.forget('k');
    expect(h.at(0).flight.signal.aborted).toBe(false);
    expect(h.coalescer.flights()).toMatchObject([{ phase: 'fenced' }]);
  });

  it('still aborts the forgotten flight when its last caller leaves', () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal });
    h.coalescer.forget('k');
    void h.run();
    leaving.abort();
    expect(h.at(0).flight.signal.aborted).toBe(true);
    expect(h.coalescer.size).toBe(1);
    void h.run();
    expect(h.loads).toHaveLength(2);
  });

  it('says that there is nothing to forget', async () => {
    const h = new Harness();
    expect(h.coalescer.forget('k')).toBe(false);
    void h.run();
    h.at(0).resolve('v');
    await settle();
    expect(h.coalescer.forget('k')).toBe(false);
    expect(h.coalescer.counters().forgotten).toBe(0);
  });

  it('forgets all keys at once, and says how many', () => {
    const h = new Harness();
    void h.run('a');
    void h.run('b');
    h.coalescer.forget('a');
    void h.run('a');
    expect(h.coalescer.forgetAll()).toBe(2);
    expect(h.loads.map(({ flight }) => flight.fenced)).toEqual([true, true, true]);
    expect(h.coalescer.forgetAll()).toBe(0);
    expect(h.coalescer.counters().forgotten).toBe(3);
    void h.run('b');
    expect(h.loads).toHaveLength(4);
  });

  it('has forgotten every key before the first queued flight starts', async () => {
    const h = new Harness();
    void h.run('a');
    void h.run('b');
    const startsB = h.coalescer.run('a', () => void h.run('b'), { notOlderThan: 'now' });
    expect(h.coalescer.forgetAll()).toBe(2);
    await startsB;
    expect(h.loads.map(({ key, flight }) => [key, flight.fenced])).toEqual([
      ['a', true],
      ['b', true],
      ['b', false],
    ]);
  });
});
