import { describe, expect, it } from '@jest/globals';
import { retryAfterMsOf } from './backend-answer.js';

describe('the wait that a backend asks for', () => {
  const now = Date.UTC(2026, 0, 1);

  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ])('is read from %j', (field, waitMs) => {
    expect(retryAfterMsOf(field, now)).toBe(waitMs);
  });

  it.each([undefined, '', 'soon', '-1', '1.5', '1e3', '0x10', '5, 6', '9'.repeat(400), 'NaN'])(
    'is none where there is no sense in it: %j',
    (field) => {
      expect(retryAfterMsOf(field, now)).toBeUndefined();
    },
  );
});
