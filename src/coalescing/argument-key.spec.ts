import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { argumentKey } from './argument-key.js';

describe('argumentKey', () => {
  it.each([
    [[], ''],
    [['a', 1, 2n, true, null, undefined], '"a",1,2n,true,null,undefined'],
    [[-0, 0, NaN, -Infinity], '-0,0,NaN,-Infinity'],
  ])('encodes %p as %s', (parts, key) => {
    expect(argumentKey(parts)).toBe(key);
  });

  it('never gives two lists of primitives the same key', () => {
    const part = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', ',', '\\', '1', 'n', 'a', '\ud800') }),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom(null, undefined, 'null', 'undefined', 'true', '1n'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), fc.array(part, { maxLength: 3 }), (a, b) => {
        const same = a.length === b.length && a.every((item, i) => Object.is(item, b[i]));
        expect(argumentKey(a) === argumentKey(b)).toBe(same);
      }),
    );
  });

  it.each([[{}], [[]], [() => 1], [Symbol('s')]])('refuses %p, which is no primitive', (part) => {
    expect(() => argumentKey(['fine', part])).toThrow(
      `Part 1 of a key is of type ${typeof part}: only primitives make a key by themselves`,
    );
  });
});
