import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../ground/index.js';
import {
  Harness,
  PENDING,
  fulfilled,
  rejected,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';
import { CallerTimeoutError, FlightAbortedError } from './coalescing.error.js';

describe('a caller can always leave', () => {
  it('releases a caller by its own signal, with the reason of that signal', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    const leader = h.run();
    const joiner = h.run('k', { signal: leaving.signal });
    const reason = new Error('client gone');
    leaving.abort(reason);
    expect(await standingsOf([leader, joiner])).toEqual([PENDING, rejected(reason)]);
    h.at(0).resolve('v');
    expect(await standingOf(leader)).toEqual(fulfilled('v'));
  });

  it('lets the leader leave without harm to the joiners', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    const leader = h.run('k', { signal: leaving.signal });
    const joiner = h.run();
    leaving.abort();
    expect(await standingOf(leader)).toMatchObject({ status: 'rejected' });
    expect(h.at(0).flight.signal.aborted).toBe(false);
    h.at(0).resolve('v');
    expect(await standingOf(joiner)).toEqual(fulfilled('v'));
    expect(h.loads).toHaveLength(1);
  });

  it('refuses a caller whose signal has aborted before, without a call', async () => {
    const h = new Harness();
    const reason = new Error('gone before');
    const signal = AbortSignal.abort(reason);
    expect(await standingOf(h.run('k', { signal }))).toEqual(rejected(reason));
    expect(h.loads).toHaveLength(0);
    void h.run();
    expect(await standingOf(h.run('k', { signal }))).toEqual(rejected(reason));
    expect(h.coalescer.flights()[0]?.joiners).toBe(0);
  });

  it('releases a caller after its own timeout, and no other', async () => {
    const h = new Harness();
    const patient = h.run();
    const hasty = h.run('k', { timeoutMs: 50 });
    h.clock.advance(49);
    expect(await standingOf(hasty)).toEqual(PENDING);
    h.clock.advance(1);
    const standing = await standingOf(hasty);
    expect(standing).toMatchObject({
      status: 'rejected',
      error: { code: 'BREAKWATER_CALLER_TIMEOUT', coalescer: 'test', timeoutMs: 50 },
    });
    expect(standing).toHaveProperty(
      'error.message',
      'The caller of coalescer "test" gave up after 50 ms',
    );
    h.at(0).resolve('v');
    expect(await standingOf(patient)).toEqual(fulfilled('v'));
  });

  it.each([0, -5, -Infinity])('takes a timeout of %p as at once', async (timeoutMs) => {
    const h = new Harness();
    expect(await standingOf(h.run('k', { timeoutMs }))).toMatchObject({
      error: expect.any(CallerTimeoutError),
    });
    expect(h.loads).toHaveLength(0);
  });

  it('takes a timeout of Infinity as none', async () => {
    const h = new Harness();
    void h.run('k', { timeoutMs: Infinity });
    h.clock.advance(29_999);
    expect(h.at(0).flight.signal.aborted).toBe(false);
    expect(h.clock.pending).toBe(1);
  });

  it('refuses a timeout that is no number, for that caller alone', async () => {
    const h = new Harness();
    const standing = await standingOf(h.run('k', { timeoutMs: NaN }));
    expect(standing).toMatchObject({ error: expect.any(InvalidOptionError) });
    expect(standing).toHaveProperty(
      'error.message',
      'Option "options.timeoutMs" must be a number of milliseconds up to 2147483647, or Infinity, got NaN',
    );
  });

  it('aborts the flight when the last caller has left, and frees the key', async () => {
    const h = new Harness();
    const [a, b] = [new AbortController(), new AbortController()];
    void h.run('k', { signal: a.signal });
    void h.run('k', { signal: b.signal });
    const { signal } = h.at(0).flight;
    a.abort();
    expect(signal.aborted).toBe(false);
    b.abort();
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(FlightAbortedError);
    expect(signal.reason).toMatchObject({
      name: 'FlightAbortedError',
      code: 'BREAKWATER_FLIGHT_ABORTED',
      coalescer: 'test',
      why: 'abandoned',
      message: 'The flight of coalescer "test" was abandoned',
    });
    expect(h.coalescer.size).toBe(0);
    const next = h.run();
    expect(h.loads).toHaveLength(2);
    h.at(0).resolve('late');
    h.at(1).resolve('new');
    expect(await standingOf(next)).toEqual(fulfilled('new'));
  });

  it('aborts when the leader leaves as the last one', () => {
    const h = new Harness();
    const [a, b] = [new AbortController(), new AbortController()];
    void h.run('k', { signal: a.signal });
    void h.run('k', { signal: b.signal });
    b.abort();
    expect(h.at(0).flight.signal.aborted).toBe(false);
    a.abort();
    expect(h.at(0).flight.signal.aborted).toBe(true);
  });

  it('aborts the flight when the last caller has timed out', () => {
    const h = new Harness();
    void h.run('k', { timeoutMs: 10 });
    void h.run('k', { timeoutMs: 20 });
    h.clock.advance(10);
    expect(h.at(0).flight.signal.aborted).toBe(false);
    h.clock.advance(10);
    expect(h.at(0).flight.signal.aborted).toBe(true);
  });

  it('has the signal aborted even if the loader asks for it only afterwards', () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal });
    leaving.abort();
    expect(h.at(0).flight.signal.aborted).toBe(true);
    expect(h.at(0).flight.signal.reason).toBeInstanceOf(FlightAbortedError);
  });

  it('never aborts while a caller waits who cannot leave', () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run();
    void h.run('k', { signal: leaving.signal });
    leaving.abort();
    expect(h.at(0).flight.signal.aborted).toBe(false);
  });

  it('lets a flight that is wanted anyway run on when everyone has left', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal });
    void h.run('k', { signal: leaving.signal, keepAlive: true });
    leaving.abort();
    expect(h.at(0).flight.signal.aborted).toBe(false);
    expect(h.coalescer.size).toBe(1);
    const later = h.run();
    h.at(0).resolve('v');
    expect(await standingOf(later)).toEqual(fulfilled('v'));
    expect(h.loads).toHaveLength(1);
  });

  it('lets a flight for which others wait elsewhere run on until they do not, joinable all the while', async () => {
    const h = new Harness();
    let asked = 0;
    const nobodyElsewhere: (() => void)[] = [];
    const leave = async () => {
      const leaving = new AbortController();
      void h.run('k', { signal: leaving.signal });
      h.at(0).flight.unawaitedElsewhere ??= () => {
        asked++;
        return new Promise<void>((resolve) => nobodyElsewhere.push(resolve));
      };
      leaving.abort();
      await settle();
    };
    const answer = async () => {
      for (const say of nobodyElsewhere.splice(0)) say();
      await settle();
    };
    await leave();
    expect([asked, h.at(0).flight.signal.aborted]).toEqual([1, false]);
    const later = h.run();
    await answer();
    expect(h.at(0).flight.signal.aborted).toBe(false);
    h.at(0).resolve('v');
    expect(await standingOf(later)).toEqual(fulfilled('v'));
    expect(h.loads).toHaveLength(1);

    h.loads.length = 0;
    await leave();
    await leave();
    expect([asked, h.coalescer.size]).toEqual([3, 1]);
    await answer();
    expect(h.at(0).flight.signal.reason).toBeInstanceOf(FlightAbortedError);
    expect(h.coalescer.counters()).toMatchObject({ aborted: 1 });
    expect(h.coalescer.size).toBe(0);
  });

  it('still bounds a flight that is wanted anyway', () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    void h.run('k', { timeoutMs: 1, keepAlive: true });
    h.clock.advance(100);
    expect(h.at(0).flight.signal.aborted).toBe(true);
  });

  it('does nothing to a caller that aborts after its answer', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    const caller = h.run('k', { signal: leaving.signal });
    h.at(0).resolve('v');
    await settle();
    leaving.abort();
    h.clock.advance(60_000);
    expect(await standingOf(caller)).toEqual(fulfilled('v'));
    expect(h.at(0).flight.signal.aborted).toBe(false);
    expect(h.coalescer.counters()).toMatchObject({ callersAborted: 0, aborted: 0 });
  });

  it('leaves no listener behind on the signal of a caller', async () => {
    const h = new Harness();
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof add>) => (
      listeners--,
      remove(...args)
    );
    void h.run('k', { signal });
    expect(listeners).toBe(1);
    h.at(0).resolve('v');
    await settle();
    expect(listeners).toBe(0);
  });

  it('takes a caller that times out and then aborts as gone once', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal, timeoutMs: 10 });
    void h.run('k', { timeoutMs: 30 });
    h.clock.advance(10);
    leaving.abort();
    await settle();
    expect(h.coalescer.counters()).toMatchObject({ callersTimedOut: 1, callersAborted: 0 });
    expect(h.at(0).flight.signal.aborted).toBe(false);
  });

  it('waits with one timer for all callers that wait equally long', () => {
    const h = new Harness();
    for (let i = 0; i < 100; i++) void h.run(`k${i}`, { timeoutMs: 49.5 });
    expect(h.clock.pending).toBe(2);
    h.clock.advance(49);
    expect(h.coalescer.size).toBe(100);
    h.clock.advance(1);
    expect(h.coalescer.size).toBe(0);
    h.clock.advance(60_000);
    expect(h.clock.pending).toBe(0);
  });

  it('keeps no timer for callers who may leave, but not by time', () => {
    const h = new Harness();
    void h.run('k', { signal: new AbortController().signal });
    expect(h.clock.pending).toBe(1);
  });

  it('never causes an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const h = new Harness({ maxFlights: 2, flightTimeoutMs: 100 });
      void h.run('a');
      void h.run('a', { timeoutMs: 10 });
      void h.run('a', { signal: AbortSignal.abort() });
      void h.run('b', { timeoutMs: 5 });
      h.at(0).reject(new Error('nobody looks'));
      await settle();
      void h.run('c');
      void h.run('d');
      void h.run('e');
      h.clock.advance(200);
      h.at(1).reject(new Error('late'));
      h.coalescer.close();
      void h.run('f');
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
