import { describe, expect, it } from '@jest/globals';
import { isEarlyRefreshDue } from './freshness.js';

describe('early refresh', () => {
  const value = { bornAt: 0, freshMs: 1_000, staleMs: 0, staleIfErrorMs: 0 };
  /** The share of readers at `age` who would refresh, by 1 000 even draws. */
  const share = (age: number, loadMs: number, beta: number) => {
    const draws = Array.from({ length: 1_000 }, (_, i) => i / 1_000);
    const due = draws.filter((draw) => isEarlyRefreshDue(value, loadMs, beta, age, () => draw));
    return due.length / 1_000;
  };

  it('is off at beta 0, even at the end', () => {
    expect(share(2_000, 100, 0)).toBe(0);
  });

  it('is the more likely, the nearer the end', () => {
    expect(share(500, 100, 1)).toBeLessThan(share(800, 100, 1));
    expect(share(800, 100, 1)).toBeLessThan(share(990, 100, 1));
  });

  it('has the probability of the paper: e to the minus time left by delta and beta', () => {
    expect(share(800, 100, 1)).toBeCloseTo(Math.exp(-2), 2);
    expect(share(800, 100, 2)).toBeCloseTo(Math.exp(-1), 2);
  });

  it('is earlier for values that take long', () => {
    expect(share(500, 10, 1)).toBe(0);
    expect(share(500, 400, 1)).toBeGreaterThan(0.2);
  });
});
