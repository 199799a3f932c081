import { describe, expect, it } from '@jest/globals';
import { parseRetryAfter, retryAfterSeconds } from './http-signals.js';

describe('Retry-After in whole seconds', () => {
  it.each([
    [5_000, 5],
    [4_999.9, 5],
    [4_000.1, 5],
    [4_000, 4],
    [999, 1],
    [0.1, 1],
    [0, 1],
  ])('rounds %d ms up to %d, never to 0', (ms, seconds) => {
    expect(retryAfterSeconds(ms)).toBe(seconds);
  });
});

describe('a Retry-After from a backend', () => {
  const now = Date.UTC(2026, 10, 20, 12, 0, 0);

  it.each<[unknown, number | undefined]>([
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', 0],
    [7, 7_000],
    [0, 0],
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['Friday, 20-Nov-26 12:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    [-5, undefined],
    [Infinity, undefined],
    [NaN, undefined],
    ['1.5', undefined],
    ['5s', undefined],
    ['x5', undefined],
    ['2026-11-20', undefined],
    ['Friday or so', undefined],
    ['20 Nov 2026 12:00:30 GMT', undefined],
    ['20 Nov 2026 12:00:30 GMT (Fri)', undefined],
    ['', undefined],
    [undefined, undefined],
    [['5'], undefined],
  ])('%p asks for %p ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });
});
