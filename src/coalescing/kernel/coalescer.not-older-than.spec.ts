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

describe("notOlderThan: 'now'", () => {
  it('leads at once where nothing is under way', () => {
    const h = new Harness();
    void h.run('k', { notOlderThan: 'now' });
    expect(h.loads).toHaveLength(1);
  });

  it('waits for the next flight, which starts when the one under way has ended', async () => {
    const h = new Harness();
    const reader = h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    expect(h.loads).toHaveLength(1);
    expect(h.coalescer.flights()).toMatchObject([{ phase: 'running' }, { phase: 'queued' }]);
    h.at(0).resolve('before the write');
    expect(await standingsOf([reader, writer])).toEqual([fulfilled('before the write'), PENDING]);
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('after the write');
    expect(await standingOf(writer)).toEqual(fulfilled('after the write'));
  });

  it('queues one flight at most: current and next', async () => {
    const h = new Harness();
    void h.run();
    const writers = Array.from({ length: 5 }, () => h.run('k', { notOlderThan: 'now' }));
    expect(h.coalescer.size).toBe(2);
    h.at(0).reject(new Error('down'));
    await settle();
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('next');
    expect(await standingsOf(writers)).toEqual(writers.map(() => fulfilled('next')));
    expect(h.coalescer.size).toBe(0);
  });

  it('lets others go on joining the flight under way', async () => {
    const h = new Harness();
    void h.run();
    void h.run('k', { notOlderThan: 'now' });
    const reader = h.run();
    h.at(0).resolve('v');
    expect(await standingOf(reader)).toEqual(fulfilled('v'));
  });

  it('makes the next flight the one to join once it has started', async () => {
    const h = new Harness();
    void h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    h.at(0).resolve('old');
    await settle();
    const reader = h.run();
    const lateWriter = h.run('k', { notOlderThan: 'now' });
    h.at(1).resolve('next');
    expect(await standingsOf([writer, reader, lateWriter])).toEqual([
      fulfilled('next'),
      fulfilled('next'),
      PENDING,
    ]);
    expect(h.loads).toHaveLength(3);
  });

  it('counts the time of the next flight from its start', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    void h.run();
    h.clock.advance(60);
    const writer = h.run('k', { notOlderThan: 'now' });
    expect(h.coalescer.flights()[1]).toMatchObject({ phase: 'queued', ageMs: 0 });
    h.clock.advance(40);
    expect(h.loads).toHaveLength(2);
    expect(h.at(1).flight.deadline).toBe(h.clock.monotonic() + 100);
    h.clock.advance(99);
    expect(await standingOf(writer)).toEqual(PENDING);
    h.clock.advance(1);
    expect(await standingOf(writer)).toMatchObject({ error: expect.any(FlightTimeoutError) });
  });

  it('drops a queued flight that everyone has left, without a call', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run();
    const writer = h.run('k', { notOlderThan: 'now', signal: leaving.signal });
    leaving.abort();
    expect(await standingOf(writer)).toMatchObject({ status: 'rejected' });
    expect(h.coalescer.size).toBe(1);
    h.at(0).resolve('v');
    await settle();
    expect(h.loads).toHaveLength(1);
    expect(h.coalescer.size).toBe(0);
    expect(h.coalescer.flights()).toEqual([]);
  });

  it('starts the next flight when the one under way is abandoned', () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal });
    void h.run('k', { notOlderThan: 'now' });
    leaving.abort();
    expect(h.loads).toHaveLength(2);
    expect(h.at(0).flight.signal.aborted).toBe(true);
    expect(h.at(1).flight.signal.aborted).toBe(false);
  });

  it('starts the next flight when the one under way is forgotten', async () => {
    const h = new Harness();
    const reader = h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    h.coalescer.forget('k');
    expect(h.loads).toHaveLength(2);
    expect(h.loads.map(({ flight }) => flight.fenced)).toEqual([true, false]);
    h.at(1).resolve('new');
    h.at(0).resolve('old');
    expect(await standingsOf([reader, writer])).toEqual([fulfilled('old'), fulfilled('new')]);
  });

  it('starts the next flight early when a later caller finds the one under way too old', async () => {
    const h = new Harness({ joinWithinMs: 20, maxFlights: 2 });
    void h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    h.clock.advance(21);
    const reader = h.run();
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('next');
    expect(await standingsOf([writer, reader])).toEqual([fulfilled('next'), fulfilled('next')]);
    expect(h.coalescer.size).toBe(1);
  });

  it('refuses where there is no room for a next flight', async () => {
    const h = new Harness({ maxFlights: 1 });
    void h.run();
    expect(await standingOf(h.run('k', { notOlderThan: 'now' }))).toMatchObject({
      error: { reason: 'max-flights' },
    });
  });
});

describe("notOlderThan: 'now' behind a hung flight", () => {
  const OPTIONS = { flightTimeoutMs: 100, takeoverAfterMs: 40 };

  it('starts the successor, whose callers never get the older value', async () => {
    const h = new Harness(OPTIONS);
    const reader = h.run();
    h.clock.advance(40);
    const writer = h.run('k', { notOlderThan: 'now' });
    expect(h.loads).toHaveLength(2);
    h.at(0).resolve('old');
    expect(await standingsOf([reader, writer])).toEqual([fulfilled('old'), PENDING]);
    h.at(1).resolve('new');
    expect(await standingOf(writer)).toEqual(fulfilled('new'));
  });

  it('makes the queued flight the successor when a later caller takes over', async () => {
    const h = new Harness({ ...OPTIONS, maxFlights: 2 });
    const reader = h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    h.clock.advance(40);
    const later = h.run();
    expect(h.loads).toHaveLength(2);
    h.at(0).resolve('old');
    expect(await standingsOf([reader, writer, later])).toEqual([
      fulfilled('old'),
      PENDING,
      PENDING,
    ]);
    h.at(1).resolve('new');
    expect(await standingsOf([writer, later])).toEqual([fulfilled('new'), fulfilled('new')]);
  });

  it('makes the queued flight the successor when another such caller takes over', async () => {
    const h = new Harness({ ...OPTIONS, maxFlights: 2 });
    void h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    h.clock.advance(40);
    const other = h.run('k', { notOlderThan: 'now' });
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('new');
    expect(await standingsOf([writer, other])).toEqual([fulfilled('new'), fulfilled('new')]);
  });

  it('hands the hung flight on to the flight queued behind an abandoned successor', async () => {
    const h = new Harness(OPTIONS);
    const leaving = new AbortController();
    const reader = h.run();
    h.clock.advance(40);
    void h.run('k', { signal: leaving.signal });
    const writer = h.run('k', { notOlderThan: 'now' });
    leaving.abort();
    expect(h.loads).toHaveLength(3);
    expect(h.coalescer.flights()[0]).toMatchObject({ id: 1, phase: 'overtaken' });
    h.clock.advance(45);
    void h.run();
    expect(h.loads).toHaveLength(3);
    h.at(2).resolve('new');
    expect(await standingsOf([reader, writer])).toEqual([fulfilled('new'), fulfilled('new')]);
  });

  it('refuses where there is no room for a successor', async () => {
    const h = new Harness({ ...OPTIONS, maxFlights: 1 });
    void h.run();
    h.clock.advance(40);
    expect(await standingOf(h.run('k', { notOlderThan: 'now' }))).toMatchObject({
      error: { reason: 'max-flights' },
    });
  });

  it('keeps errors of the successor for both', async () => {
    const h = new Harness(OPTIONS);
    const reader = h.run();
    h.clock.advance(40);
    const writer = h.run('k', { notOlderThan: 'now' });
    const error = new Error('down');
    h.at(1).reject(error);
    expect(await standingsOf([reader, writer])).toEqual([rejected(error), rejected(error)]);
  });
});
