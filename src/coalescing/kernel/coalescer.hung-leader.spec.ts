import { describe, expect, it } from '@jest/globals';
import {
  Harness,
  PENDING,
  fulfilled,
  rejected,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';
import { FlightTimeoutError } from './coalescing.error.js';

const TIMED_OUT = { status: 'rejected', error: expect.any(FlightTimeoutError) };

describe('a flight is bounded', () => {
  it('ends every flight after flightTimeoutMs, with one error for all, and frees the key', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    const callers = [h.run(), h.run()];
    const { flight } = h.at(0);
    h.clock.advance(99);
    expect(await standingsOf(callers)).toEqual([PENDING, PENDING]);
    h.clock.advance(1);
    const [first, second] = await standingsOf(callers);
    expect(first).toMatchObject({
      status: 'rejected',
      error: { code: 'BREAKWATER_FLIGHT_TIMEOUT', coalescer: 'test', timeoutMs: 100 },
    });
    expect(first).toHaveProperty(
      'error.message',
      'The flight of coalescer "test" did not end within 100 ms',
    );
    expect(second).toEqual(first);
    expect(flight.signal.aborted).toBe(true);
    expect(flight.signal.reason).toBeInstanceOf(FlightTimeoutError);
    expect(flight.fenced).toBe(true);
    expect(flight.cacheable).toBe(false);
    const next = h.run();
    h.at(1).resolve('new');
    expect(await standingOf(next)).toEqual(fulfilled('new'));
  });

  it('drops the late result of a flight that has timed out', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    const early = h.run();
    h.clock.advance(100);
    const late = h.run();
    h.at(0).resolve('late');
    expect(await standingsOf([early, late])).toEqual([TIMED_OUT, PENDING]);
    expect(h.coalescer.size).toBe(1);
    void h.run();
    expect(h.loads).toHaveLength(2);
  });

  it('watches all flights with one timer', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    const callers: Promise<unknown>[] = [];
    for (let i = 0; i < 10; i++) {
      callers.push(h.run(`k${i}`));
      h.clock.advance(5);
    }
    expect(h.clock.pending).toBe(1);
    h.at(0).resolve('in time');
    await settle();
    expect(h.clock.pending).toBe(1);
    h.clock.advance(50);
    expect(h.coalescer.size).toBe(9);
    h.clock.advance(5);
    expect(h.coalescer.size).toBe(8);
    expect(h.clock.pending).toBe(1);
    h.clock.advance(35);
    expect(h.coalescer.size).toBe(1);
    h.clock.advance(5);
    expect(h.coalescer.size).toBe(0);
    expect(h.clock.pending).toBe(0);
    expect(await standingOf(callers[0]!)).toEqual(fulfilled('in time'));
  });

  it('bounds flights that were forgotten as well', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    const caller = h.run();
    h.coalescer.forget('k');
    h.clock.advance(100);
    expect(await standingOf(caller)).toEqual(TIMED_OUT);
    expect(h.coalescer.size).toBe(0);
  });
});

describe('a hung flight is taken over', () => {
  const OPTIONS = { flightTimeoutMs: 100, takeoverAfterMs: 40 };

  /** A hung flight with one caller, its successor with another. */
  function takenOver() {
    const h = new Harness(OPTIONS);
    const first = h.run();
    h.clock.advance(40);
    const second = h.run();
    return { h, first, second };
  }

  it('is joined until takeoverAfterMs', () => {
    const h = new Harness(OPTIONS);
    void h.run();
    h.clock.advance(39);
    void h.run();
    expect(h.loads).toHaveLength(1);
  });

  it('gets one successor, and only one, while it hangs', () => {
    const { h } = takenOver();
    expect(h.loads).toHaveLength(2);
    h.clock.advance(50);
    void h.run();
    void h.run();
    expect(h.loads).toHaveLength(2);
    expect(h.coalescer.flights()).toMatchObject([
      { phase: 'overtaken', joiners: 0 },
      { phase: 'running', joiners: 2 },
    ]);
  });

  it('answers for both when its late value arrives before that of the successor', async () => {
    const { h, first, second } = takenOver();
    const third = h.run();
    h.at(0).resolve('first');
    expect(await standingsOf([first, second, third])).toEqual([
      fulfilled('first'),
      fulfilled('first'),
      fulfilled('first'),
    ]);
    expect(h.at(0).flight.fenced).toBe(false);
    expect(h.at(1).flight.fenced).toBe(true);
    expect(h.at(1).flight.signal.reason).toMatchObject({
      why: 'superseded',
      message: 'The flight of coalescer "test" was superseded',
    });
    expect(h.coalescer.size).toBe(0);
    const next = h.run();
    expect(h.loads).toHaveLength(3);
    h.at(1).resolve('second');
    expect(await standingOf(next)).toEqual(PENDING);
  });

  it('is answered by the successor that arrives first, and its late value is dropped', async () => {
    const { h, first, second } = takenOver();
    h.at(1).resolve('second');
    expect(await standingsOf([first, second])).toEqual([fulfilled('second'), fulfilled('second')]);
    expect(h.at(0).flight.fenced).toBe(true);
    expect(h.at(0).flight.signal.aborted).toBe(true);
    expect(h.at(1).flight.fenced).toBe(false);
    const next = h.run();
    h.at(0).resolve('first');
    expect(await standingOf(next)).toEqual(PENDING);
    expect(h.coalescer.counters()).toMatchObject({ takenOver: 1, superseded: 1, succeeded: 1 });
  });

  it('is answered by the error of its successor too', async () => {
    const { h, first, second } = takenOver();
    const error = new Error('down');
    h.at(1).reject(error);
    expect(await standingsOf([first, second])).toEqual([rejected(error), rejected(error)]);
    expect(h.at(0).flight.signal.reason).toMatchObject({ why: 'superseded' });
  });

  it('keeps a late error to its own callers, as the successor may do better', async () => {
    const { h, first, second } = takenOver();
    const error = new Error('reset');
    h.at(0).reject(error);
    expect(await standingsOf([first, second])).toEqual([rejected(error), PENDING]);
    h.at(1).resolve('second');
    expect(await standingOf(second)).toEqual(fulfilled('second'));
  });

  it('times out alone, and then its successor may be taken over in turn', async () => {
    const { h, first, second } = takenOver();
    h.clock.advance(60);
    expect(await standingsOf([first, second])).toEqual([TIMED_OUT, PENDING]);
    const third = h.run();
    expect(h.loads).toHaveLength(3);
    h.at(2).resolve('third');
    expect(await standingsOf([second, third])).toEqual([fulfilled('third'), fulfilled('third')]);
  });

  it('takes its place back when its successor was abandoned, so that results stay in order', async () => {
    const h = new Harness(OPTIONS);
    const leaving = new AbortController();
    const first = h.run();
    h.clock.advance(40);
    void h.run('k', { signal: leaving.signal });
    leaving.abort();
    expect(h.coalescer.flights()).toMatchObject([{ phase: 'running' }, { phase: 'abandoned' }]);
    const third = h.run();
    expect(h.loads).toHaveLength(3);
    h.at(2).resolve('third');
    expect(await standingsOf([first, third])).toEqual([fulfilled('third'), fulfilled('third')]);
    expect(h.at(0).flight.fenced).toBe(true);
    expect(h.coalescer.size).toBe(0);
  });

  it('is joined rather than refused where there is no room for a successor', async () => {
    const h = new Harness({ ...OPTIONS, maxFlights: 1 });
    const first = h.run();
    h.clock.advance(40);
    const second = h.run();
    expect(h.loads).toHaveLength(1);
    h.at(0).resolve('v');
    expect(await standingsOf([first, second])).toEqual([fulfilled('v'), fulfilled('v')]);
  });

  it('is fenced when its successor is forgotten, and both still answer their callers', async () => {
    const { h, first, second } = takenOver();
    expect(h.coalescer.forget('k')).toBe(true);
    expect(h.at(0).flight.fenced).toBe(true);
    expect(h.at(1).flight.fenced).toBe(true);
    const third = h.run();
    h.at(0).resolve('first');
    expect(await standingsOf([first, second, third])).toEqual([
      fulfilled('first'),
      fulfilled('first'),
      PENDING,
    ]);
    h.at(2).resolve('third');
    expect(await standingOf(third)).toEqual(fulfilled('third'));
    expect(h.at(2).flight.fenced).toBe(false);
  });
});
