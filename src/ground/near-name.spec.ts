import { describe, expect, it } from '@jest/globals';
import { editDistance, nearName } from './near-name.js';

describe('The name that is near to another', () => {
  it.each([
    ['trustedProxiesz', 'trustedProxies'],
    ['trus', 'trust'],
    ['trusts', 'trust'],
  ])('takes %s for a slip for %s, where both begin alike', (slip, meant) => {
    for (const known of [
      ['trust', 'trustedProxies'],
      ['trustedProxies', 'trust'],
    ]) {
      expect(nearName(slip, known)).toBe(meant);
    }
  });

  it.each(['', 'x', 'freshness'])('is none for %j', (name) => {
    expect(nearName(name, ['trust', 'trustedProxies'])).toBeUndefined();
  });

  it('counts letters that are wrong, missing or too many', () => {
    expect(editDistance('fresh', 'flesh')).toBe(1);
    expect(editDistance('stale', 'stales')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });
});
