import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { createPolicy } from './trip-policy.js';
import type { PolicyOptions } from './policy-options.js';
import { resolvePolicy } from './policy-options.js';
import type { TripPolicy } from './trip-policy.js';

const clock = new ManualClock();

function policyOf(options: PolicyOptions, time: ManualClock = clock): TripPolicy {
  return createPolicy(resolvePolicy(options, 'policy'), time);
}

/** Records results: `x` failed, `.` fine, `s` slow, `X` failed and slow. @returns what each said */
function record(policy: TripPolicy, results: string): string {
  return Array.from(results)
    .map((result) => policy.record('xX'.includes(result), 'sX'.includes(result)))
    .map((trips) => (trips ? '!' : '-'))
    .join('');
}

describe('the consecutive policy', () => {
  it('opens at the given number of failures in a row', () => {
    expect(record(policyOf({ kind: 'consecutive', failures: 2 }), 'x.x.xx')).toBe('-----!');
  });

  it('opens at the first failure if told so', () => {
    expect(record(policyOf({ kind: 'consecutive', failures: 1 }), '.x')).toBe('-!');
  });

  it('asks for three failures unless told otherwise', () => {
    expect(record(policyOf({ kind: 'consecutive' }), 'xxx')).toBe('--!');
  });

  it('does not ask how long calls take', () => {
    expect(policyOf({ kind: 'consecutive' }).slowCallMs).toBe(Infinity);
  });

  it('says where it stands', () => {
    const policy = policyOf({ kind: 'consecutive', failures: 5 });
    record(policy, '.xx');
    expect(policy.describe()).toBe('2 of 5 consecutive failures');
  });
});

describe('the count window', () => {
  const base = { kind: 'count-window', size: 4, minimumCalls: 2 } as const;

  it('opens when the rate is reached, not only when it is exceeded', () => {
    expect(record(policyOf({ ...base, rate: 0.5 }), '.x')).toBe('-!');
  });

  it('opens at 100 % when every call fails', () => {
    expect(record(policyOf({ ...base, rate: 1 }), 'xx')).toBe('-!');
    expect(record(policyOf({ ...base, rate: 1 }), '.xxxx')).toBe('----!');
  });

  it('reaches a tenth with 3 failures of 30 calls', () => {
    const policy = policyOf({ kind: 'count-window', size: 30, minimumCalls: 30, rate: 0.1 });
    expect(record(policy, 'xxx' + '.'.repeat(27)).at(-1)).toBe('!');
  });

  it('does not judge by fewer calls than the minimum', () => {
    expect(record(policyOf({ ...base, minimumCalls: 3 }), 'xxx')).toBe('--!');
  });

  it('may open on a success that completes the minimum', () => {
    expect(record(policyOf({ ...base, minimumCalls: 3 }), 'xx.')).toBe('--!');
  });

  it('forgets what leaves the window', () => {
    const policy = policyOf({ ...base, rate: 0.75 });
    expect(record(policy, 'x..x..x..x..')).toBe('------------');
    expect(policy.describe()).toBe('1 of 4 calls failed (opens at 75 % of at least 2)');
    expect(record(policy, 'xxx')).toBe('--!');
  });

  it('counts the same as a count from scratch, over a long random history', () => {
    const policy = policyOf({ ...base, size: 7, minimumCalls: 7, rate: 1, slowCallMs: 1 });
    const history: [boolean, boolean][] = [];
    let seed = 1;
    for (let call = 0; call < 500; call++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const result: [boolean, boolean] = [seed % 2 === 0, seed % 3 === 0];
      history.push(result);
      policy.record(...result);
      const last = history.slice(-7);
      const failed = last.filter(([failure]) => failure).length;
      const slow = last.filter(([, tooLong]) => tooLong).length;
      expect(policy.describe()).toBe(
        `${failed} of ${last.length} calls failed (opens at 100 % of at least 7), ` +
          `${slow} slow (opens at 100 %)`,
      );
    }
  });

  it('opens on slow calls alone', () => {
    const policy = policyOf({ ...base, slowCallMs: 100, slowRate: 0.5 });
    expect(policy.slowCallMs).toBe(100);
    expect(record(policy, '.s')).toBe('-!');
  });

  it('counts a call that was slow and failed on both sides', () => {
    const policy = policyOf({ ...base, rate: 1, slowCallMs: 100, slowRate: 1 });
    record(policy, 'X.');
    expect(policy.describe()).toBe(
      '1 of 2 calls failed (opens at 100 % of at least 2), 1 slow (opens at 100 %)',
    );
    record(policy, '...');
    expect(policy.describe()).toContain('0 of 4 calls failed');
    expect(policy.describe()).toContain(', 0 slow');
  });
});

describe('the time window', () => {
  const base = { kind: 'time-window', windowMs: 1_000, buckets: 10, minimumCalls: 2 } as const;

  it('opens by rate within the window', () => {
    const time = new ManualClock();
    const policy = policyOf(base, time);
    expect(record(policy, '..x')).toBe('---');
    time.advance(900);
    expect(record(policy, 'x')).toBe('!');
  });

  it('forgets bucket by bucket', () => {
    const time = new ManualClock();
    const policy = policyOf(base, time);
    record(policy, '.xX');
    time.advance(100);
    record(policy, '.s');
    time.advance(899);
    expect(policy.describe()).toContain('2 of 5 calls failed');
    time.advance(1);
    expect(policy.describe()).toContain('0 of 2 calls failed');
    time.advance(100);
    expect(policy.describe()).toContain('0 of 0 calls failed');
  });

  it('forgets everything after a pause, however long', () => {
    const time = new ManualClock();
    const policy = policyOf(base, time);
    for (let step = 0; step < 25; step++) {
      record(policy, '.');
      time.advance(90);
    }
    time.advance(3_600_000_000);
    expect(record(policy, 'x')).toBe('-');
    expect(policy.describe()).toContain('1 of 1 calls failed');
    time.advance(1_000);
    expect(policy.describe()).toContain('0 of 0 calls failed');
  });

  it('counts the same as a count from scratch, over a long random history', () => {
    const time = new ManualClock();
    const policy = policyOf({ ...base, minimumCalls: 1_000 }, time);
    const history: { step: number; failed: boolean }[] = [];
    let seed = 1;
    let now = 0;
    for (let call = 0; call < 500; call++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const passed = seed % 50 === 0 ? seed % 3_000 : seed % 130;
      const failed = seed % 3 === 0;
      now += passed;
      time.advance(passed);
      policy.record(failed, false);
      history.push({ step: Math.floor(now / 100), failed });
      const last = history.filter(({ step }) => step > Math.floor(now / 100) - 10);
      const failures = last.filter((result) => result.failed).length;
      expect(policy.describe()).toContain(`${failures} of ${last.length} calls failed`);
    }
  });

  it('goes on round after round', () => {
    const time = new ManualClock();
    const policy = policyOf({ ...base, minimumCalls: 1_000 }, time);
    for (let step = 0; step < 100; step++) {
      record(policy, 'x.');
      time.advance(100);
    }
    expect(policy.describe()).toContain('9 of 18 calls failed');
  });

  it('is not frozen by a wall clock that is set forth and back', () => {
    const time = new ManualClock();
    const policy = policyOf(base, time);
    time.shiftWall(3_600_000);
    record(policy, '.x');
    time.shiftWall(-3_600_000);
    record(policy, '.');
    time.advance(1_000);
    expect(policy.describe()).toContain('0 of 0 calls failed');
  });

  it('ages with the wall clock while the process is suspended', () => {
    const time = new ManualClock();
    const policy = policyOf(base, time);
    record(policy, '.x');
    time.shiftWall(1_000);
    expect(record(policy, 'x')).toBe('-');
  });

  it('opens on slow calls alone', () => {
    const policy = policyOf({ ...base, slowCallMs: 50 }, new ManualClock());
    expect(policy.slowCallMs).toBe(50);
    expect(record(policy, 'ss')).toBe('-!');
  });
});
