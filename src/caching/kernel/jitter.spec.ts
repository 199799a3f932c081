import { describe, expect, it } from '@jest/globals';
import { shortenAtRandom } from './cache-entry.js';

describe('jitter', () => {
  it('shortens by at most its fraction, and never lengthens', () => {
    expect(shortenAtRandom(1_000, 0.1, () => 0)).toBe(1_000);
    expect(shortenAtRandom(1_000, 0.1, () => 0.999_999)).toBeCloseTo(900, 2);
  });

  it('draws nothing when it is off', () => {
    const drawn = () => {
      throw new Error('drawn');
    };
    expect(shortenAtRandom(1_000, 0, drawn)).toBe(1_000);
  });
});
