import { describe, expect, it } from '@jest/globals';
import {
  fulfilled,
  Harness,
  PENDING,
  rejected,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';

const down = new Error('down');
const downAgain = new Error('down again');

describe("onError: 'retry-once'", () => {
  it('gives the error to the leader and lets one joiner lead again for the others', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const [leader, ...joiners] = [h.run(), h.run(), h.run(), h.run()];
    h.at(0).reject(down);
    expect(await standingsOf([leader, ...joiners])).toEqual([
      rejected(down),
      PENDING,
      PENDING,
      PENDING,
    ]);
    expect(h.loads).toHaveLength(2);
    expect(h.coalescer.flights()).toMatchObject([{ joiners: 2, phase: 'running' }]);
    h.at(1).resolve('v');
    expect(await standingsOf(joiners)).toEqual(joiners.map(() => fulfilled('v')));
    expect(h.coalescer.counters()).toMatchObject({ led: 2, joined: 3, retried: 1, failed: 1 });
  });

  it('retries once for each caller: the second error goes to all of them', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const callers = [h.run(), h.run(), h.run()];
    h.at(0).reject(down);
    await settle();
    h.at(1).reject(downAgain);
    expect(await standingsOf(callers)).toEqual([
      rejected(down),
      rejected(downAgain),
      rejected(downAgain),
    ]);
    expect(h.loads).toHaveLength(2);
    expect(h.coalescer.size).toBe(0);
  });

  it('grants a retry to whoever joined the second flight only', async () => {
    const h = new Harness({ onError: 'retry-once' });
    void h.run();
    const second = h.run();
    h.at(0).reject(down);
    await settle();
    const third = h.run();
    h.at(1).reject(downAgain);
    expect(await standingsOf([second, third])).toEqual([rejected(downAgain), PENDING]);
    h.at(2).resolve('v');
    expect(await standingOf(third)).toEqual(fulfilled('v'));
  });

  it('calls the loader of the joiner that leads again', async () => {
    const h = new Harness({ onError: 'retry-once' });
    void h.run();
    const joiner = h.coalescer.run('k', () => 'of the joiner');
    h.at(0).reject(down);
    expect(await standingOf(joiner)).toEqual(fulfilled('of the joiner'));
  });

  it('does not retry for a leader alone', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const leader = h.run();
    h.at(0).reject(down);
    expect(await standingOf(leader)).toEqual(rejected(down));
    expect(h.loads).toHaveLength(1);
  });

  it('does not retry a value, nor a flight that has timed out', async () => {
    const h = new Harness({ onError: 'retry-once', flightTimeoutMs: 100 });
    const callers = [h.run(), h.run()];
    h.at(0).resolve('v');
    expect(await standingsOf(callers)).toEqual([fulfilled('v'), fulfilled('v')]);
    const late = [h.run(), h.run()];
    h.clock.advance(100);
    expect(await standingsOf(late)).toMatchObject([
      { error: { name: 'FlightTimeoutError' } },
      { error: { name: 'FlightTimeoutError' } },
    ]);
    expect(h.loads).toHaveLength(2);
  });

  it('lets a caller leave the second flight as it could leave the first', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const leaving = new AbortController();
    void h.run();
    const joiner = h.run('k', { signal: leaving.signal, timeoutMs: 500 });
    h.at(0).reject(down);
    await settle();
    leaving.abort('gone');
    expect(await standingOf(joiner)).toEqual(rejected('gone'));
    expect(h.at(1).flight.signal.aborted).toBe(true);
    expect(h.coalescer.size).toBe(0);
  });

  it("counts a caller's own timeout from its call", async () => {
    const h = new Harness({ onError: 'retry-once' });
    void h.run();
    const joiner = h.run('k', { timeoutMs: 50 });
    h.clock.advance(30);
    h.at(0).reject(down);
    await settle();
    h.clock.advance(20);
    expect(await standingOf(joiner)).toMatchObject({ error: { name: 'CallerTimeoutError' } });
  });

  it('keeps what is wanted anyway wanted', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const leaving = new AbortController();
    void h.run();
    void h.run('k', { signal: leaving.signal, keepAlive: true });
    h.at(0).reject(down);
    await settle();
    leaving.abort();
    expect(h.at(1).flight.signal.aborted).toBe(false);
  });

  it('joins the queued flight, if there is one, instead of leading', async () => {
    const h = new Harness({ onError: 'retry-once' });
    void h.run();
    const joiner = h.run();
    const writer = h.run('k', { notOlderThan: 'now' });
    h.at(0).reject(down);
    await settle();
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('next');
    expect(await standingsOf([joiner, writer])).toEqual([fulfilled('next'), fulfilled('next')]);
  });

  it('joins the newer flight of a forgotten key, which stays in the table', async () => {
    const h = new Harness({ onError: 'retry-once' });
    void h.run();
    const joiner = h.run();
    h.coalescer.forget('k');
    const newer = h.run();
    h.at(0).reject(down);
    await settle();
    h.at(1).resolve('new');
    expect(await standingsOf([joiner, newer])).toEqual([fulfilled('new'), fulfilled('new')]);
    expect(h.loads).toHaveLength(2);
  });

  it('shares the error after all with joiners for whom the newer flight has no room', async () => {
    const h = new Harness({ onError: 'retry-once', maxJoinersPerFlight: 2 });
    void h.run();
    const joiners = [h.run(), h.run()];
    h.coalescer.forget('k');
    void h.run();
    void h.run();
    h.at(0).reject(down);
    expect(await standingsOf(joiners)).toEqual([PENDING, rejected(down)]);
  });

  it('shares the error with a joiner who would wait for itself on the newer flight', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const { coalescer } = h;
    void h.run('b');
    const outer = coalescer.run('a', () => coalescer.run('b', h.load));
    await settle();
    coalescer.forget('b');
    const newer = coalescer.run('b', () => coalescer.run('a', h.load));
    h.at(0).reject(down);
    expect(await standingsOf([outer, newer])).toEqual([rejected(down), PENDING]);
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('a');
    expect(await standingOf(newer)).toEqual(fulfilled('a'));
  });

  it('settles the hung flight and its successor alike', async () => {
    const h = new Harness({ onError: 'retry-once', takeoverAfterMs: 40 });
    const hung = [h.run(), h.run()];
    h.clock.advance(40);
    const successor = [h.run(), h.run()];
    h.at(1).reject(down);
    expect(await standingsOf([...hung, ...successor])).toEqual([
      rejected(down),
      PENDING,
      rejected(down),
      PENDING,
    ]);
    expect(h.loads).toHaveLength(3);
    h.at(2).resolve('v');
    expect(await standingsOf([hung[1]!, successor[1]!])).toEqual([fulfilled('v'), fulfilled('v')]);
  });
});
