import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textOfParts } from './key-text.js';

class RefusedError extends Error {}

const textOf = (...parts: readonly unknown[]) =>
  textOfParts(parts, (found) => new RefusedError(found));

describe('the text of key parts', () => {
  it.each([
    [[], ''],
    [['a', 1, 2n, true, null, undefined], '"a",1,2n,true,null,undefined'],
    [[-0, 0, NaN, -Infinity], '0,0,NaN,-Infinity'],
    [[[], ['a', [1]], {}], '[],["a",[1]],{}'],
    [[{ b: [-0], a: undefined }], '{"a":undefined,"b":[0]}'],
    [[Object.assign(Object.create(null), { a: 1 })], '{"a":1}'],
  ])('of %j is %s', (parts, text) => {
    expect(textOf(...parts)).toBe(text);
  });

  it('differs wherever the parts do', () => {
    const { part } = fc.letrec<{ part: unknown }>((tie) => ({
      part: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: fc.constantFrom('"', ',', ':', '[', '}', '\\', '1', 'n', '\ud800') }),
        fc.double(),
        fc.bigInt(),
        fc.boolean(),
        fc.constantFrom(null, undefined, 'null', 'undefined', 'true', '1n', -0, '0'),
        fc.array(tie('part'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '"a":1,"b"'), tie('part'), {
          maxKeys: 3,
        }),
      ),
    }));
    const parts = fc.array(part, { maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(textOf(...a) === textOf(...b)).toBe(isAlike(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[unknown, string]>([
    [Symbol('s'), 'a symbol'],
    [() => 1, 'a function'],
    [new Date(0), 'an instance of Date'],
    [{ deep: [new Map()] }, 'an instance of Map'],
  ])('is refused to %p', (part, found) => {
    expect(() => textOf('fine', part)).toThrow(RefusedError);
    expect(() => textOf('fine', part)).toThrow(found);
  });

  it('is refused to a circle', () => {
    const circle: Record<string, unknown> = {};
    circle.list = [circle];
    expect(() => textOf(circle)).toThrow(RefusedError);
    expect(() => textOf(circle)).toThrow('nested more than 100 levels deep');
  });
});

/** Whether two values are made of the same parts, members in whatever order, zero of whatever sign. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return a === b || Object.is(a, b);
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) =>
        Object.hasOwn(b, name) &&
        isAlike((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
    )
  );
}
