import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { RefreshBackoff } from './refresh-backoff.js';

describe('the pause after a failed refresh', () => {
  const bounds = { minMs: 1_000, maxMs: 30_000 };

  it.each([
    ['shortest', 0, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
    ['longest', 1, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
  ])('doubles from failure to failure within its bounds: the %s', (_what, chance, pauses) => {
    const backoff = new RefreshBackoff(new ManualClock(), () => chance, 10);
    expect(pauses.map(() => backoff.failed('k', bounds))).toEqual(pauses);
  });

  it('counts from the failure, and ends by itself', () => {
    const clock = new ManualClock();
    const backoff = new RefreshBackoff(clock, () => 0, 10);
    clock.advance(500_000);
    backoff.failed('k', bounds);
    expect(backoff.mayTry('k')).toBe(false);
    expect(backoff.mayTry('other')).toBe(true);
    clock.advance(999);
    expect(backoff.mayTry('k')).toBe(false);
    clock.advance(1);
    expect(backoff.mayTry('k')).toBe(true);
  });

  it('starts anew after a success', () => {
    const backoff = new RefreshBackoff(new ManualClock(), () => 0, 10);
    backoff.failed('k', bounds);
    backoff.failed('k', bounds);
    backoff.succeeded('k');
    expect(backoff.mayTry('k')).toBe(true);
    expect(backoff.failed('k', bounds)).toBe(1_000);
  });

  it.each([
    [{ retryAfterMs: 7_000 }, 7_000],
    [{ retryAfterMs: 0 }, 1_000],
    [{ retryAfterMs: 86_400_000 }, 30_000],
    [{ retryAfterMs: Infinity }, 30_000],
    [{ retryAfterMs: -1 }, 1_500],
    [{ retryAfterMs: Number.NaN }, 1_500],
    [{ retryAfterMs: '7000' }, 1_500],
    ['down', 1_500],
    [null, 1_500],
  ])('is as long as the error asks for, within its bounds: %j', (error, pauseMs) => {
    const clock = new ManualClock();
    const backoff = new RefreshBackoff(clock, () => 0.5, 10);
    expect(backoff.failed('k', bounds, error)).toBe(pauseMs);
    clock.advance(pauseMs - 1);
    expect(backoff.mayTry('k')).toBe(false);
    clock.advance(1);
    expect(backoff.mayTry('k')).toBe(true);
  });

  it('remembers a bounded number of keys', () => {
    const backoff = new RefreshBackoff(new ManualClock(), () => 0, 100);
    for (let i = 0; i < 1_000; i++) backoff.failed(`k${i}`, bounds);
    expect(backoff.size).toBeLessThanOrEqual(100);
    expect(backoff.mayTry('k999')).toBe(false);
    backoff.clear();
    expect(backoff.size).toBe(0);
  });
});
