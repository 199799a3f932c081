import { describe, expect, it } from '@jest/globals';
import { replay } from './index.js';
import type { TracedCall } from './index.js';

function call(
  atMs: number,
  outcome: TracedCall['outcome'] = 'success',
  durationMs = 10,
): TracedCall {
  return { atMs, durationMs, outcome };
}

describe('replay', () => {
  it('tells what a policy would have done with a trace', () => {
    const trace = [
      call(0, 'failure'),
      call(100, 'failure'),
      call(200, 'failure'),
      call(300, 'failure'),
      call(400, 'success'),
      call(500, 'ignored'),
      call(5_209, 'success'),
      call(5_210, 'success'),
      call(5_300, 'success'),
    ];
    const report = replay(trace, { cooldownMs: 5_000 });
    expect(report).toMatchObject({ admitted: 5, refused: 4, refusedGood: 2, refusedBad: 1 });
    expect(report.transitions.map(({ to, at }) => [to, at])).toEqual([
      ['open', 210],
      ['half-open', 5_210],
      ['closed', 5_220],
    ]);
  });

  it('takes the calls in the order in which they began, and ends them in the order they ended', () => {
    const trace = [
      call(30, 'success', 5),
      call(20, 'failure', 5),
      call(10, 'failure', 5),
      call(0, 'failure', 30),
    ];
    expect(replay(trace, { policy: { kind: 'consecutive', failures: 2 } })).toMatchObject({
      admitted: 3,
      refused: 1,
      refusedGood: 1,
    });
  });

  it('lets a call end before another begins at the same moment', () => {
    const trace = [call(0, 'failure', 10), call(10)];
    expect(replay(trace, { policy: { kind: 'consecutive', failures: 1 } }).refused).toBe(1);
  });

  it('learns of a short call before a long one that began earlier', () => {
    const trace = [call(0, 'success', 100), call(10, 'failure', 10), call(50)];
    expect(replay(trace, { policy: { kind: 'consecutive', failures: 1 } }).refused).toBe(1);
  });

  it('ends calls that end together in the order in which they began', () => {
    const trace = [call(0, 'failure', 20), call(10, 'success', 10)];
    const { transitions } = replay(trace, { policy: { kind: 'consecutive', failures: 1 } });
    expect(transitions).toHaveLength(1);
    const reversed = [call(0, 'success', 20), call(10, 'failure', 10), call(30, 'failure')];
    expect(
      replay(reversed, { policy: { kind: 'consecutive', failures: 2 } }).transitions,
    ).toHaveLength(1);
  });

  it('takes calls without verdict for what they are', () => {
    const policy = { kind: 'consecutive', failures: 2 } as const;
    const trace = [call(0, 'failure'), call(20, 'ignored')];
    expect(replay(trace, { policy }).transitions).toEqual([]);
    const failing = [...trace, call(40, 'failure')];
    expect(replay(failing, { policy }).transitions).toMatchObject([{ circuit: 'replay' }]);
  });

  it('knows slow calls', () => {
    const policy = { kind: 'count-window', size: 2, minimumCalls: 2, slowCallMs: 50 } as const;
    expect(
      replay([call(0, 'success', 50), call(1, 'success', 50)], { policy }).transitions,
    ).toHaveLength(1);
    expect(
      replay([call(0, 'failure', 50), call(1, 'success', 49)], { policy: { ...policy, rate: 1 } })
        .transitions,
    ).toEqual([]);
  });

  it('takes no sides in chance unless told to', () => {
    const trace = [call(0, 'failure', 0), call(2_499, 'success', 0), call(2_500)];
    const options = {
      policy: { kind: 'consecutive', failures: 1 },
      backoff: { maxMs: 60_000 },
    } as const;
    expect(replay(trace, options).refused).toBe(1);
    expect(replay(trace, options, () => 0.9).refused).toBe(2);
  });

  it('has nothing to tell of an empty trace', () => {
    expect(replay([], {})).toEqual({
      admitted: 0,
      refused: 0,
      refusedGood: 0,
      refusedBad: 0,
      transitions: [],
    });
  });
});
