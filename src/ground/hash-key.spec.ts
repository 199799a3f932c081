import { describe, expect, it } from '@jest/globals';
import { hashKey } from './hash-key.js';

describe('hashKey', () => {
  it.each([
    ['', '811c9dc5'],
    ['a', 'e40c292c'],
    ['foobar', 'bf9cf968'],
  ])('is 32-bit FNV-1a: %j gives %s', (key, hash) => {
    expect(hashKey(key)).toBe(hash);
  });

  it('always has eight digits', () => {
    const hashes = Array.from({ length: 500 }, (_, i) => hashKey(`key ${i}`));
    expect(hashes.every((hash) => /^[\da-f]{8}$/.test(hash))).toBe(true);
    expect(new Set(hashes).size).toBe(500);
  });
});
