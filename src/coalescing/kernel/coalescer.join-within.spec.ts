import { describe, expect, it } from '@jest/globals';
import {
  fulfilled,
  Harness,
  PENDING,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';

describe('joinWithinMs', () => {
  it('lets callers join up to that age of a flight, and lead a new one after it', async () => {
    const h = new Harness({ joinWithinMs: 20 });
    const first = h.run();
    h.clock.advance(20);
    const second = h.run();
    h.clock.advance(1);
    const third = h.run();
    const fourth = h.run();
    expect(h.loads).toHaveLength(2);
    h.at(0).resolve('old');
    expect(await standingsOf([first, second, third])).toEqual([
      fulfilled('old'),
      fulfilled('old'),
      PENDING,
    ]);
    h.at(1).resolve('new');
    expect(await standingsOf([third, fourth])).toEqual([fulfilled('new'), fulfilled('new')]);
  });

  it('fences the older flight, whose result must not replace a newer one', () => {
    const h = new Harness({ joinWithinMs: 20 });
    void h.run();
    expect(h.at(0).flight.fenced).toBe(false);
    h.clock.advance(21);
    void h.run();
    expect(h.at(0).flight.fenced).toBe(true);
    expect(h.at(1).flight.fenced).toBe(false);
    expect(h.coalescer.flights()).toMatchObject([{ phase: 'fenced' }, { phase: 'running' }]);
  });

  it('leaves the newer flight in the table when the older one ends', async () => {
    const h = new Harness({ joinWithinMs: 20 });
    void h.run();
    h.clock.advance(21);
    void h.run();
    h.at(0).resolve('old');
    await settle();
    void h.run();
    expect(h.loads).toHaveLength(2);
  });

  it('refuses a caller who is too late where there is no room for a newer flight', async () => {
    const h = new Harness({ joinWithinMs: 20, maxFlights: 1 });
    void h.run();
    h.clock.advance(21);
    expect(await standingOf(h.run())).toMatchObject({ error: { reason: 'max-flights' } });
  });

  it('holds for the late value of a hung flight as well', async () => {
    const h = new Harness({ joinWithinMs: 60, takeoverAfterMs: 40 });
    const first = h.run();
    h.clock.advance(40);
    const second = h.run();
    h.clock.advance(21);
    const third = h.run();
    h.at(0).resolve('61 ms before the third asked');
    expect(await standingOf(third)).toEqual(PENDING);
    h.at(1).resolve('new');
    expect(await standingsOf([first, second, third])).toEqual([
      fulfilled('61 ms before the third asked'),
      fulfilled('new'),
      fulfilled('new'),
    ]);
  });

  it('fences the hung flight along with the successor that is overtaken', () => {
    const h = new Harness({ joinWithinMs: 60, takeoverAfterMs: 40, flightTimeoutMs: 1_000 });
    void h.run();
    h.clock.advance(40);
    void h.run();
    h.clock.advance(61);
    void h.run();
    expect(h.loads.map(({ flight }) => flight.fenced)).toEqual([true, true, false]);
  });
});
