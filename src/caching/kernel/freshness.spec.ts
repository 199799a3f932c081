import { describe, expect, it } from '@jest/globals';
import {
  ageMs,
  isExpired,
  isFresh,
  isKept,
  mayReplaceError,
  ttlMs,
  usefulMs,
  withinStaleWindow,
} from './freshness.js';

describe('freshness', () => {
  const value = { bornAt: 1_000, freshMs: 10, staleMs: 60, staleIfErrorMs: 90 };

  it('is none for what may never be served by itself', () => {
    const never = { bornAt: 1_000, freshMs: 0, staleMs: 0, staleIfErrorMs: 0 };
    expect([value, { ...never, freshMs: 1 }, never].map((each) => usefulMs(each))).toEqual([
      90, 1, 0,
    ]);
    expect([isExpired(never, 1_000), isKept(never, 1_000)]).toEqual([true, false]);
  });

  it('may be over long before what is kept to be validated is of no use', () => {
    const kept = { ...value, keepMs: 30 };
    expect(usefulMs(kept)).toBe(120);
    expect([isExpired(kept, 1_090), isKept(kept, 1_119.999), isKept(kept, 1_120)]).toEqual([
      ...[true, true, false],
    ]);
    expect([isKept(value, 1_089), isKept(value, 1_090)]).toEqual([true, false]);
  });

  const at = (age: number) => ({
    fresh: isFresh(value, 1_000 + age),
    stale: withinStaleWindow(value, 1_000 + age),
    forErrors: mayReplaceError(value, 1_000 + age),
    expired: isExpired(value, 1_000 + age),
  });

  it.each([
    [0, true, true, true, false],
    [9.999, true, true, true, false],
    [10, false, true, true, false],
    [59.999, false, true, true, false],
    [60, false, false, true, false],
    [89.999, false, false, true, false],
    [90, false, false, false, true],
  ])('counts from birth: at %p ms', (age, fresh, stale, forErrors, expired) => {
    expect(at(age)).toEqual({ fresh, stale, forErrors, expired });
  });

  it('has no stale window where staleMs is not more than freshMs', () => {
    const strict = { bornAt: 0, freshMs: 10, staleMs: 0, staleIfErrorMs: 0 };
    expect([withinStaleWindow(strict, 9), withinStaleWindow(strict, 10)]).toEqual([true, false]);
    expect([mayReplaceError(strict, 9), mayReplaceError(strict, 10)]).toEqual([true, false]);
  });

  it('tells the age, and the time it stays fresh', () => {
    expect([ageMs(value, 1_025), ttlMs(value, 1_025)]).toEqual([25, -15]);
    expect(ageMs(value, 990)).toBe(0);
  });

  it('takes values from before the start of the process', () => {
    expect(isFresh({ ...value, bornAt: -5 }, 3)).toBe(true);
  });
});
