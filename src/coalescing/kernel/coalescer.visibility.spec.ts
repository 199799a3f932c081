import { describe, expect, it } from '@jest/globals';
import { fulfilled, Harness, rejected, settle, standingOf } from '../testing/harness.js';
import { FlightKeys } from './flight.js';
import { hashKey } from '../../ground/index.js';

describe('flights()', () => {
  it('lists what is under way: hash, age, joiners and phase, but no key unless it is asked for', () => {
    const h = new Harness();
    void h.run('secret');
    h.clock.advance(5);
    void h.run('secret');
    void h.run('other');
    expect(h.coalescer.flights()).toEqual([
      { id: 1, keyHash: hashKey('secret'), ageMs: 5, joiners: 1, phase: 'running', stuck: false },
      { id: 2, keyHash: hashKey('other'), ageMs: 0, joiners: 0, phase: 'running', stuck: false },
    ]);
    expect(JSON.stringify(h.coalescer.flights())).not.toContain('secret');
    const keys = h.coalescer.flights({ keys: true }).map(({ key }) => key);
    expect(keys).toEqual(['secret', 'other']);
  });

  it('counts those who wait: a joiner who left is none, and the leader never was', () => {
    const h = new Harness();
    const [leader, joiner] = [new AbortController(), new AbortController()];
    void h.run('k', { signal: leader.signal });
    void h.run('k', { signal: joiner.signal });
    void h.run();
    leader.abort();
    expect(h.coalescer.flights()[0]?.joiners).toBe(2);
    joiner.abort();
    expect(h.coalescer.flights()[0]?.joiners).toBe(1);
  });
});

describe('stuck loaders', () => {
  it('stay visible after their flight has timed out, until they end', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    void h.run();
    h.clock.advance(99);
    expect(h.coalescer.stuck).toBe(0);
    h.clock.advance(1);
    expect(h.coalescer.size).toBe(0);
    expect(h.coalescer.stuck).toBe(1);
    expect(h.coalescer.flights()).toEqual([
      { id: 1, keyHash: hashKey('k'), ageMs: 100, joiners: 0, phase: 'abandoned', stuck: true },
    ]);
    h.at(0).resolve('at last');
    await settle();
    expect(h.coalescer.stuck).toBe(0);
    expect(h.coalescer.flights()).toEqual([]);
  });

  it('include those that ignore an abort, once their time is over', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    void h.run('k', { timeoutMs: 10 });
    h.clock.advance(10);
    expect(h.coalescer.stuck).toBe(0);
    expect(h.coalescer.flights()).toMatchObject([{ phase: 'abandoned', stuck: false }]);
    h.clock.advance(90);
    expect(h.coalescer.stuck).toBe(1);
    h.at(0).reject(new Error('at last'));
    await settle();
    expect(h.coalescer.stuck).toBe(0);
  });

  it('are listed up to a bound, and counted beyond it', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    for (let i = 0; i < 103; i++) void h.run(`k${i}`);
    h.clock.advance(100);
    expect(h.coalescer.stuck).toBe(103);
    expect(h.coalescer.flights()).toHaveLength(100);
    h.at(102).resolve('an unlisted one');
    h.at(0).resolve('a listed one');
    await settle();
    expect(h.coalescer.stuck).toBe(101);
    expect(h.coalescer.flights()).toHaveLength(99);
  });

  it('do not count a loader that was never called', () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    void h.run();
    void h.run('k', { notOlderThan: 'now', timeoutMs: 10 });
    h.clock.advance(10);
    expect(h.coalescer.flights()).toHaveLength(1);
  });
});

describe('counters()', () => {
  it('count what happened to flights and callers', async () => {
    const h = new Harness({ flightTimeoutMs: 100, maxFlights: 2 });
    const leaving = new AbortController();
    void h.run('a');
    void h.run('a');
    void h.run('a', { timeoutMs: 1 });
    void h.run('b', { signal: leaving.signal });
    void h.run('c');
    h.clock.advance(1);
    leaving.abort();
    h.at(0).resolve('v');
    await settle();
    void h.run('d');
    h.at(2).reject(new Error('down'));
    await settle();
    void h.run('e');
    h.coalescer.forget('e');
    h.clock.advance(100);
    expect(h.coalescer.counters()).toEqual({
      led: 4,
      joined: 2,
      joinedByRun: 2,
      succeeded: 1,
      failed: 1,
      aborted: 1,
      timedOut: 1,
      superseded: 0,
      overloaded: 1,
      callersAborted: 1,
      callersTimedOut: 1,
      takenOver: 0,
      retried: 0,
      forgotten: 1,
      selfJoins: 0,
    });
  });

  it('are a copy', () => {
    const { coalescer } = new Harness();
    const counters = coalescer.counters() as { led: number };
    counters.led = 99;
    expect(coalescer.counters().led).toBe(0);
  });
});

describe('events', () => {
  const about = {
    ...{ coalescer: 'test', family: 'test', flight: 1, key: 'k' },
    keyHash: hashKey('k'),
  };

  it('tell the life of a flight, in order', async () => {
    const h = new Harness();
    h.listen();
    const leaving = new AbortController();
    void h.run();
    void h.run();
    void h.run('k', { signal: leaving.signal });
    void h.run('k', { timeoutMs: 3 });
    leaving.abort();
    h.clock.advance(3);
    h.coalescer.forget('k');
    h.at(0).flight.uncacheable();
    h.at(0).resolve('v');
    await settle();
    expect(h.events).toEqual([
      { ...about, type: 'led', origin: 'first' },
      { ...about, type: 'joined', joiners: 1 },
      { ...about, type: 'joined', joiners: 2 },
      { ...about, type: 'joined', joiners: 3 },
      { ...about, type: 'left', cause: 'signal' },
      { ...about, type: 'left', cause: 'timeout' },
      { ...about, type: 'forgotten' },
      { ...about, type: 'landed', as: 'uncacheable', durationMs: 3, joiners: 1 },
    ]);
    expect(h.coalescer.counters().succeeded).toBe(1);
  });

  it('tell why each flight was started and how it ended', async () => {
    const h = new Harness({
      onError: 'retry-once',
      joinWithinMs: 60,
      takeoverAfterMs: 40,
      flightTimeoutMs: 100,
    });
    h.listen();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal });
    void h.run('k', { notOlderThan: 'now' });
    leaving.abort();
    void h.run();
    h.at(1).reject(new Error('down'));
    await settle();
    h.clock.advance(40);
    void h.run();
    h.at(3).resolve('v');
    await settle();
    void h.run();
    h.clock.advance(61);
    void h.run();
    h.clock.advance(39);
    h.coalescer.close();
    const told = h.events.flatMap((event) => {
      if (event.type === 'led') return `${event.flight} led: ${event.origin}`;
      if (event.type === 'landed') return `${event.flight} landed: ${event.as}`;
      return [];
    });
    expect(told).toEqual([
      '1 led: first',
      '2 led: queued',
      '1 landed: abandoned',
      '2 landed: error',
      '3 led: retry',
      '4 led: takeover',
      '4 landed: value',
      '3 landed: superseded',
      '5 led: first',
      '6 led: overtake',
      '5 landed: timeout',
      '6 landed: closed',
    ]);
  });

  it("name no key that is another owner's, nor that of a call for one caller alone", () => {
    const h = new Harness();
    h.listen();
    void h.coalescer.join(new FlightKeys(), 'of a cache', h.load);
    void h.coalescer.runAlone(h.load);
    expect(h.events).toMatchObject([{ type: 'led' }, { type: 'led' }]);
    expect(JSON.stringify(h.events)).not.toContain('"key"');
    const listed = h.coalescer.flights({ keys: true }).map(({ key }) => key);
    expect(listed).toEqual(['of a cache', undefined]);
  });

  it('tell of refusals', async () => {
    const h = new Harness({ maxFlights: 1 });
    h.listen();
    void h.coalescer.run('k', () => h.coalescer.run('k', h.load));
    void h.run('other');
    await settle();
    expect(h.events.filter(({ type }) => type === 'refused')).toEqual([
      { type: 'refused', coalescer: 'test', family: 'test', reason: 'self-join' },
      { type: 'refused', coalescer: 'test', family: 'test', reason: 'max-flights' },
    ]);
  });

  it('are not even made when nobody listens', async () => {
    const h = new Harness({ maxFlights: 1 });
    void h.run();
    void h.run();
    void h.run('k', { timeoutMs: 1 });
    void h.run('other');
    h.clock.advance(1);
    h.coalescer.forget('k');
    h.at(0).resolve('v');
    await settle();
    expect(h.events).toEqual([]);
  });

  it('cannot change an outcome by throwing', async () => {
    const h = new Harness();
    h.listen();
    h.onEvent = () => {
      throw new Error('bad subscriber');
    };
    const leaving = new AbortController();
    const callers = [h.run(), h.run(), h.run('k', { signal: leaving.signal })];
    leaving.abort('gone');
    h.at(0).resolve('v');
    expect(await Promise.all(callers.map(standingOf))).toEqual([
      fulfilled('v'),
      fulfilled('v'),
      rejected('gone'),
    ]);
  });

  it('come after the state has changed, so that a subscriber may call back', async () => {
    const h = new Harness();
    h.listen();
    const sizes: unknown[] = [];
    let again: Promise<unknown> | undefined;
    h.onEvent = (event) => {
      sizes.push([event.type, h.coalescer.size]);
      if (event.type === 'landed') again ??= h.run();
    };
    const first = h.run();
    h.at(0).resolve('v');
    expect(await standingOf(first)).toEqual(fulfilled('v'));
    expect(sizes).toEqual([
      ['led', 1],
      ['landed', 0],
      ['led', 1],
    ]);
    h.at(1).resolve('again');
    expect(await standingOf(again!)).toEqual(fulfilled('again'));
  });
});
