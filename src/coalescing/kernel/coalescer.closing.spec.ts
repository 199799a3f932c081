import { describe, expect, it } from '@jest/globals';
import { Harness, fulfilled, settle, standingOf, standingsOf } from '../testing/harness.js';
import { CoalescerClosedError } from './coalescing.error.js';

const CLOSED = { status: 'rejected', error: expect.any(CoalescerClosedError) };

describe('close', () => {
  it('ends every flight, queued and forgotten ones too, and aborts their loaders', async () => {
    const h = new Harness({ joinWithinMs: 5 });
    const callers = [
      h.run('forgotten'),
      h.run('a'),
      h.run('a', { notOlderThan: 'now' }),
      h.run('b', { timeoutMs: 50 }),
      h.run('b', { keepAlive: true }),
    ];
    h.coalescer.forget('forgotten');
    h.coalescer.close('SIGTERM');
    const standings = await standingsOf(callers);
    expect(standings).toEqual(callers.map(() => CLOSED));
    expect(standings[0]).toMatchObject({
      error: {
        name: 'CoalescerClosedError',
        code: 'BREAKWATER_COALESCER_CLOSED',
        message: 'Coalescer "test" is closed',
        coalescer: 'test',
        cause: 'SIGTERM',
      },
    });
    expect(h.loads).toHaveLength(3);
    expect(h.loads.every(({ flight }) => flight.signal.aborted && flight.fenced)).toBe(true);
    expect(h.at(0).flight.signal.reason).toBeInstanceOf(CoalescerClosedError);
    expect(h.coalescer.size).toBe(0);
  });

  it('stops all timers', () => {
    const h = new Harness();
    void h.run('k', { timeoutMs: 50 });
    expect(h.clock.pending).toBe(2);
    h.coalescer.close();
    expect(h.clock.pending).toBe(0);
  });

  it('refuses calls from then on', async () => {
    const h = new Harness();
    h.coalescer.close();
    expect(await standingOf(h.run())).toEqual(CLOSED);
    expect(h.loads).toHaveLength(0);
  });

  it('is done once', async () => {
    const h = new Harness();
    h.coalescer.close('first');
    h.coalescer.close('second');
    expect(await standingOf(h.run())).toMatchObject({ error: { cause: 'first' } });
  });

  it('counts for no ending of a flight', () => {
    const h = new Harness();
    void h.run();
    h.coalescer.close();
    const counted = Object.entries(h.coalescer.counters()).filter(([, count]) => count !== 0);
    expect(counted).toEqual([['led', 1]]);
  });

  it('closes a hung flight and its successor', async () => {
    const h = new Harness({ takeoverAfterMs: 10 });
    const hung = h.run();
    h.clock.advance(10);
    const successor = h.run();
    h.coalescer.close();
    expect(await standingsOf([hung, successor])).toEqual([CLOSED, CLOSED]);
    expect(h.coalescer.forget('k')).toBe(false);
    expect(h.coalescer.size).toBe(0);
  });
});

describe('users’ code that calls back at a bad moment', () => {
  it('may abort its caller before its loader is called, which then is not', async () => {
    const h = new Harness();
    h.listen();
    const leaving = new AbortController();
    h.onEvent = ({ type }) => type === 'led' && leaving.abort('gone');
    const caller = h.run('k', { signal: leaving.signal });
    expect(await standingOf(caller)).toMatchObject({ error: 'gone' });
    expect(h.loads).toHaveLength(0);
    expect(h.coalescer.size).toBe(0);
    expect(h.coalescer.flights()).toEqual([]);
  });

  it('may close the coalescer when a caller leaves', async () => {
    const h = new Harness();
    h.listen();
    const leaving = new AbortController();
    h.onEvent = ({ type }) => type === 'left' && h.coalescer.close();
    void h.run('k', { signal: leaving.signal });
    leaving.abort();
    expect(h.events.filter(({ type }) => type === 'landed')).toHaveLength(1);
    expect(h.coalescer.size).toBe(0);
  });

  it('may close the coalescer from an abort listener while the next flight is about to start', async () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run('k', { signal: leaving.signal });
    const writer = h.run('k', { notOlderThan: 'now' });
    h.at(0).flight.signal.addEventListener('abort', () => h.coalescer.close());
    leaving.abort();
    expect(await standingOf(writer)).toEqual(CLOSED);
    expect(h.loads).toHaveLength(1);
  });

  it('may close the coalescer from its loader', async () => {
    const h = new Harness();
    const caller = h.coalescer.run('k', () => {
      h.coalescer.close();
      return 'v';
    });
    expect(await standingOf(caller)).toEqual(CLOSED);
  });

  it('may forget its key from its loader', async () => {
    const h = new Harness();
    const caller = h.coalescer.run('k', (flight) => {
      h.coalescer.forget('k');
      return flight.fenced;
    });
    expect(h.coalescer.size).toBe(1);
    const other = h.run();
    expect(await standingOf(caller)).toEqual(fulfilled(true));
    h.at(0).resolve('v');
    expect(await standingOf(other)).toEqual(fulfilled('v'));
    await settle();
    expect(h.coalescer.size).toBe(0);
  });
});
