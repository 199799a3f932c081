import { describe, expect, it } from '@jest/globals';
import { Harness, fulfilled, settle, standingOf, standingsOf } from '../testing/harness.js';
import { CoalescerOverloadedError } from './coalescing.error.js';

function overloaded(reason: string, retryAfterMs: number | undefined = 1_000) {
  return {
    status: 'rejected',
    error: expect.objectContaining({
      name: 'CoalescerOverloadedError',
      code: 'BREAKWATER_COALESCER_OVERLOADED',
      message: `Coalescer "test" refused the call: ${reason}`,
      coalescer: 'test',
      reason,
      retryAfterMs,
    }),
  };
}

describe('bounds', () => {
  it('refuses a flight beyond maxFlights, and takes one again when there is room', async () => {
    const h = new Harness({ maxFlights: 2, retryAfterMs: 300 });
    void h.run('a');
    void h.run('b');
    const standing = await standingOf(h.run('c'));
    expect(standing).toEqual(overloaded('max-flights', 300));
    expect(standing).toHaveProperty('error', expect.any(CoalescerOverloadedError));
    h.at(0).resolve('v');
    await settle();
    void h.run('c');
    expect(h.loads.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  it('still joins flights when no more may be led', async () => {
    const h = new Harness({ maxFlights: 1 });
    const callers = [h.run(), h.run()];
    h.at(0).resolve('v');
    expect(await standingsOf(callers)).toEqual([fulfilled('v'), fulfilled('v')]);
  });

  it('counts forgotten and queued flights as flights', async () => {
    const h = new Harness({ maxFlights: 3 });
    void h.run('a');
    h.coalescer.forget('a');
    void h.run('a');
    void h.run('a', { notOlderThan: 'now' });
    expect(h.coalescer.size).toBe(3);
    expect(await standingOf(h.run('b'))).toEqual(overloaded('max-flights'));
  });

  it('refuses joiners beyond maxJoinersPerFlight, for those callers alone', async () => {
    const h = new Harness({ maxJoinersPerFlight: 2 });
    const welcome = [h.run(), h.run(), h.run('k', { timeoutMs: 50 })];
    const refused = [h.run(), h.run('k', { timeoutMs: 50 })];
    expect(await standingsOf(refused)).toEqual([
      overloaded('max-joiners'),
      overloaded('max-joiners'),
    ]);
    h.at(0).resolve('v');
    expect(await standingsOf(welcome)).toEqual(welcome.map(() => fulfilled('v')));
  });

  it('takes a joiner again when one has left', async () => {
    const h = new Harness({ maxJoinersPerFlight: 1 });
    const leaving = new AbortController();
    void h.run();
    void h.run('k', { signal: leaving.signal });
    leaving.abort();
    const joiner = h.run();
    h.at(0).resolve('v');
    expect(await standingOf(joiner)).toEqual(fulfilled('v'));
  });

  it('starts a queued flight that is full even if the caller who made it due is refused', async () => {
    const h = new Harness({ maxJoinersPerFlight: 1, joinWithinMs: 20 });
    void h.run();
    const writers = [h.run('k', { notOlderThan: 'now' }), h.run('k', { notOlderThan: 'now' })];
    h.clock.advance(21);
    expect(await standingOf(h.run())).toEqual(overloaded('max-joiners'));
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('v');
    expect(await standingsOf(writers)).toEqual([fulfilled('v'), fulfilled('v')]);
  });

  it('refuses a key over maxKeyLength, without advice to try again', async () => {
    const h = new Harness({ maxKeyLength: 3 });
    void h.run('abc');
    const standing = await standingOf(h.run('abcd'));
    expect(standing).toMatchObject({ error: { reason: 'key-too-long' } });
    expect(standing).toHaveProperty('error.retryAfterMs', undefined);
    expect(h.loads).toHaveLength(1);
    expect(h.coalescer.counters().overloaded).toBe(1);
  });
});
