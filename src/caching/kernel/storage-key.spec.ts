import { describe, expect, it } from '@jest/globals';
import { parseStorageKey, storageKey, storagePrefix } from './cache-key.js';

describe('the key of a record', () => {
  it('begins with the prefix of its cache', () => {
    expect(storageKey('products', 'a')).toBe('products:a');
    expect(storageKey('products', 'a').startsWith(storagePrefix('products'))).toBe(true);
  });

  it('tells the name from the key, whatever they are', () => {
    const pairs: [string, string][] = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['a%3Ab', 'c'],
      ['/products/:id', 'a'],
    ];
    expect(new Set(pairs.map((pair) => storageKey(...pair))).size).toBe(pairs.length);
    expect(storagePrefix('a:b').startsWith(storagePrefix('a'))).toBe(false);
  });

  it('is well-formed, and keeps apart what UTF-8 would not', () => {
    const keys = ['\ud800', '\udfff', '\ufffd', '\u001e"\\ud800"', '"\\ud800"', '🚢'];
    const stored = keys.map((key) => Buffer.from(storageKey('c', key)).toString());
    expect(stored).toEqual(keys.map((key) => storageKey('c', key)));
    expect(new Set(stored).size).toBe(keys.length);
  });

  it('can be taken apart again', () => {
    const pairs = [
      ['c', 'k'],
      ['a:b', 'c:d'],
      ['100%', '\ud800'],
      ['/products/:id', '\u001e"x"'],
    ] as const;
    for (const [cache, key] of pairs) {
      expect(parseStorageKey(storageKey(cache, key))).toEqual({ cache, key });
    }
  });
});
