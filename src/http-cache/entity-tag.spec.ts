import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isEntityTag, isListed, isStrongMatch, isWeakMatch, tagsIn } from './entity-tag.js';

describe('entity tags', () => {
  it.each([
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', '"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['""', '""', true, true],
    ['"a\\"', '"a\\"', true, true],
    ['w/"1"', 'w/"1"', false, false],
    ['1', '1', false, false],
    ['"1', '"1', false, false],
  ])('%s and %s (RFC 9110, section 8.8.3.2)', (a, b, strong, weak) => {
    expect([isStrongMatch(a, b), isStrongMatch(b, a)]).toEqual([strong, strong]);
    expect([isWeakMatch(a, b), isWeakMatch(b, a)]).toEqual([weak, weak]);
  });

  it('are told from what is none', () => {
    for (const tag of ['"1"', 'W/"1"', '""', '"a, b"', '"\u00fc"'])
      expect(isEntityTag(tag)).toBe(true);
    for (const text of ['1', '*', 'w/"1"', 'W\\"1"', 'W"1"', '"1', '"1"2', '"1", "2"', '']) {
      expect(isEntityTag(text)).toBe(false);
    }
  });
});

describe('V3: a list of tags', () => {
  it.each([
    ['"a"', '"a"'],
    ['"a"', '"a", "b", "c"'],
    ['"b"', '"a", "b", "c"'],
    ['"c"', '"a", "b", "c"'],
    ['"b"', '"a","b"'],
    ['"b"', ' ,, "a" ,\t,"b",'],
    ['W/"b"', '"a", "b"'],
    ['"b"', '"a", W/"b"'],
    ['"a, b"', '"a, b"'],
    ['"c"', '"a, b", "c"'],
    ['"b\\"', '"a\\", "b\\"'],
    ['"\u00fc"', '"\u00fc"'],
    ['"a"', '"a", malformed'],
  ])('has %s: %s', (tag, list) => {
    expect(isListed(tag, list)).toBe(true);
  });

  it.each(['abc', 'w/"abc"', 'W\\"abc"', 'W"abc"', '"abc', ''])(
    'has what is no tag, where it is that to the byte: %s',
    (tag) => {
      expect(isListed(tag, tag)).toBe(true);
    },
  );

  it.each([
    ['"d"', '"a", "b", "c"'],
    ['"a"', ''],
    ['"a"', 'a'],
    ['a', '"a"'],
    ['"A"', '"a"'],
    ['"b"', '"a, "b", "c"'],
    ['"a"', 'malformed, "a"'],
    ['"a"', '"b" "a"'],
    ['"a"', '*'],
    ['w/"a"', 'W/"a"'],
    ['a', 'a, b'],
  ])('has no %s: %s', (tag, list) => {
    expect(isListed(tag, list)).toBe(false);
  });

  it.each([
    ['"a", W/"b" ,"c"', ['"a"', 'W/"b"', '"c"'], true],
    ['"a", b, "c"', ['"a"'], false],
    ['', [], true],
  ])('%s is read as far as it is one', (list, tags, isWhole) => {
    expect(tagsIn(list)).toEqual({ tags, isWhole });
  });

  it('has each of those that it was made of, and no other', () => {
    const tag = fc
      .tuple(
        fc.constantFrom('', 'W/'),
        fc.string({ unit: fc.constantFrom('a', ',', ' ', '\\', '/') }),
      )
      .map(([weak, opaque]) => `${weak}"${opaque}"`);
    fc.assert(
      fc.property(fc.array(tag), tag, (tags, other) => {
        const list = tags.join(' , ');
        for (const one of tags) expect(isListed(one, list)).toBe(true);
        expect(isListed(other, list)).toBe(tags.some((one) => isWeakMatch(one, other)));
      }),
    );
  });
});
