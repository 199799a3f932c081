import { describe, expect, it } from '@jest/globals';
import { createCoalescer } from '../create-coalescer.js';
import { Harness, fulfilled, settle, standingOf, standingsOf } from '../testing/harness.js';

describe('a call that nobody shares', () => {
  it('is a call each, whoever else is in flight', async () => {
    const h = new Harness();
    const alone = [1, 2, 3].map(() => h.coalescer.runAlone(h.load));
    const others = [h.run(''), h.run('')];
    expect(h.loads).toHaveLength(4);
    h.loads.forEach(({ resolve }, i) => {
      resolve(i);
    });
    expect(await standingsOf([...alone, ...others])).toEqual([0, 1, 2, 3, 3].map(fulfilled));
    expect(h.coalescer.size).toBe(0);
  });

  it('counts as a flight, and is refused where there is no room for one', async () => {
    const h = new Harness({ maxFlights: 2, retryAfterMs: 300 });
    void h.run('a');
    void h.coalescer.runAlone(h.load);
    expect(h.coalescer.size).toBe(2);
    const refused = { reason: 'max-flights', retryAfterMs: 300 };
    await expect(h.coalescer.runAlone(h.load)).rejects.toMatchObject(refused);
    await expect(h.run('b')).rejects.toMatchObject(refused);
    expect(h.coalescer.counters().overloaded).toBe(2);
    h.at(1).resolve('v');
    await settle();
    void h.coalescer.runAlone(h.load);
    expect(h.loads).toHaveLength(3);
  });

  it('ends with its deadline, and is aborted when its caller leaves', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    const caller = new AbortController();
    const left = h.coalescer.runAlone(h.load, { signal: caller.signal });
    const impatient = h.coalescer.runAlone(h.load, { timeoutMs: 20 });
    const late = standingOf(h.coalescer.runAlone(h.load));
    caller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    h.clock.advance(20);
    await expect(impatient).rejects.toMatchObject({ code: 'BREAKWATER_CALLER_TIMEOUT' });
    expect([0, 1, 2].map((i) => h.at(i).flight.signal.aborted)).toEqual([true, true, false]);
    h.clock.advance(80);
    await settle();
    expect(await late).toMatchObject({ error: { code: 'BREAKWATER_FLIGHT_TIMEOUT' } });
    expect(h.coalescer.size).toBe(0);
  });

  it('fails once where joiners would try again', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const alone = h.coalescer.runAlone(h.load);
    h.at(0).reject(new Error('down'));
    await expect(alone).rejects.toThrow('down');
    expect(h.loads).toHaveLength(1);
  });

  it('is left alone by what forgets flights, and ended by what closes them', async () => {
    const h = new Harness();
    const alone = h.coalescer.runAlone(h.load);
    expect([h.coalescer.forget(''), h.coalescer.forgetAll()]).toEqual([false, 0]);
    h.coalescer.close();
    await expect(alone).rejects.toMatchObject({ code: 'BREAKWATER_COALESCER_CLOSED' });
    await expect(h.coalescer.runAlone(h.load)).rejects.toMatchObject({
      code: 'BREAKWATER_COALESCER_CLOSED',
    });
  });

  it('never leaves the process, whatever the scope', async () => {
    const sharing = {
      run: () => Promise.reject(new Error('asked the others')),
      forget: () => undefined,
    };
    const coalescer = createCoalescer('test', { scope: 'cluster' }, { sharing });
    expect(await coalescer.runAlone(() => 'mine')).toBe('mine');
  });
});
