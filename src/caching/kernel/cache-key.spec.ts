import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../../ground/testing/hostile-text.js';
import { PreparedKey, demandKey, keyText } from './cache-key.js';
import type { KeyPart } from '../../ground/index.js';
import type { CacheKey } from './cache-key.js';
import { InvalidCacheKeyError } from './caching.error.js';

describe('a key', () => {
  it.each<[CacheKey, CacheKey]>([
    [
      ['a::b', 'c'],
      ['a', 'b::c'],
    ],
    [['a', 'b'], ['a,b']],
    [[['a'], 'b'], [['a', 'b']]],
    [[1], ['1']],
    [[1n], [1]],
    [[null], ['null']],
    [[null], [undefined]],
    [[], [[]]],
    [[], ['']],
    [['a'], 'a'],
    [['a'], '["a"]'],
    [['a'], '\u001f["a"]'],
    ['\u001f["a"]', '\u001f\u001f["a"]'],
    [[{ a: 1 }], [{ a: 1, b: undefined }]],
    [[{ a: 1 }], [['a', 1]]],
  ])('tells %j and %j apart', (a, b) => {
    expect(keyText(a)).not.toBe(keyText(b));
  });

  it('has one text, prepared or not', () => {
    expect(PreparedKey.of(['a', 1]).text).toBe(keyText(['a', 1]));
    expect(() => PreparedKey.of([Symbol('a') as never])).toThrow(InvalidCacheKeyError);
  });

  it('is a string as it is', () => {
    expect(keyText('__proto__')).toBe('__proto__');
    expect(keyText('')).toBe('');
  });

  it('does not depend on the order of members, nor on the sign of zero', () => {
    expect(keyText([{ a: 1, b: [-0] }])).toBe(keyText([{ b: [0], a: 1 }]));
    expect(keyText([Object.assign(Object.create(null), { a: true })])).toBe(keyText([{ a: true }]));
  });

  it('leaves its parts as they are', () => {
    const fields = ['price', 'name'];
    keyText([fields]);
    expect(fields).toEqual(['price', 'name']);
  });

  it.each([
    [Symbol('s'), 'a symbol'],
    [() => 1, 'a function'],
    [new Date(0), 'an instance of Date'],
    [new Map(), 'an instance of Map'],
  ])('refuses %p, which has no stable text', (part, what) => {
    const making = () => keyText([part as unknown as KeyPart]);
    expect(making).toThrow(InvalidCacheKeyError);
    expect(making).toThrow(what);
  });

  it.each([
    [undefined, 'got undefined'],
    [null, 'got null'],
    [7, 'got 7'],
    [{ id: 1 }, 'got an object'],
  ])('is text or a list, and not %p', (key, found) => {
    for (const making of [() => keyText(key as never), () => PreparedKey.of(key as never)]) {
      expect(making).toThrow(InvalidCacheKeyError);
      expect(making).toThrow(found);
    }
    expect(() => demandKey(key, 'f')).toThrow(`${found} from f`);
  });

  it('is unambiguous, whatever it is made of', () => {
    const part = fc.jsonValue() as fc.Arbitrary<KeyPart>;
    const key = fc.oneof(anyText(), fc.array(part, { maxLength: 4 }));
    const canonical = (value: unknown): unknown =>
      Object.is(value, -0)
        ? 0
        : Array.isArray(value)
          ? value.map(canonical)
          : typeof value === 'object' && value !== null
            ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, canonical(v)]))
            : value;
    fc.assert(
      fc.property(key, key, (a, b) => {
        const same = keyText(a) === keyText(b);
        if (same) expect(canonical(a)).toEqual(canonical(b));
      }),
    );
  });
});
