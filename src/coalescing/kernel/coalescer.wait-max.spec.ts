import { describe, expect, it } from '@jest/globals';
import { Harness, PENDING, fulfilled, standingOf, standingsOf } from '../testing/harness.js';
import { CallerTimeoutError } from './coalescing.error.js';

const PATIENT = { waitMaxMs: 100 };
const GAVE_UP = { status: 'rejected', error: expect.any(CallerTimeoutError) };

describe('a caller who waits for the call of another so long and no longer', () => {
  it('gives up then, and who leads goes on', async () => {
    const h = new Harness();
    const leader = h.run('k', PATIENT);
    h.clock.advance(50);
    const joiner = h.run('k', PATIENT);
    h.clock.advance(99);
    expect(await standingsOf([leader, joiner])).toEqual([PENDING, PENDING]);
    h.clock.advance(1);
    expect(await standingsOf([leader, joiner])).toEqual([PENDING, GAVE_UP]);
    h.at(0).resolve('v');
    expect(await standingOf(leader)).toEqual(fulfilled('v'));
  });

  it('leads one successor, which the next ones join, and those who came before have its outcome', async () => {
    const h = new Harness();
    const before = [h.run(), h.run()];
    h.clock.advance(100);
    const after = [h.run('k', PATIENT), h.run('k', PATIENT), h.run()];
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('v');
    expect(await standingsOf([...before, ...after])).toEqual(
      [...before, ...after].map(() => fulfilled('v')),
    );
  });

  it('leads no second successor beside the first', async () => {
    const h = new Harness();
    void h.run();
    h.clock.advance(100);
    void h.run('k', PATIENT);
    h.clock.advance(100);
    const late = h.run('k', PATIENT);
    expect(h.loads).toHaveLength(2);
    h.clock.advance(100);
    expect(await standingOf(late)).toEqual(GAVE_UP);
  });

  it('waits no longer than its own time, and for nothing older where it says so', async () => {
    const h = new Harness();
    void h.run();
    const hasty = h.run('k', { ...PATIENT, timeoutMs: 10 });
    h.clock.advance(10);
    expect(await standingOf(hasty)).toEqual(GAVE_UP);
    h.clock.advance(90);
    const newer = h.run('k', { ...PATIENT, notOlderThan: 'now' });
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('v');
    expect(await standingOf(newer)).toEqual(fulfilled('v'));
  });

  it.each([0, -1, 1.5, '9', Infinity])('cannot say %p', async (waitMaxMs) => {
    const h = new Harness();
    await expect(h.run('k', { waitMaxMs: waitMaxMs as number })).rejects.toThrow(/waitMaxMs/);
  });
});
