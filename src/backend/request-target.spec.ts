import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { expectLinear } from '../ground/testing/hostile-text.js';
import { backendUrl } from './request-target.js';

/** The path of a decoded key at a backend. */
const backendPathOf = (key: string): string => backendUrl('', ['backend', key]);

describe('a path below the base URL', () => {
  it.each([
    ['a', '/backend/a'],
    ['..', '/backend/%2E%2E'],
    ['.', '/backend/%2E'],
    ['../admin', '/backend/..%2Fadmin'],
    ['//host', '/backend/%2F%2Fhost'],
    ['@host', '/backend/%40host'],
    ['a\r\nX: y', '/backend/a%0D%0AX%3A%20y'],
    ['\0', '/backend/%00'],
    ['%41', '/backend/%2541'],
    ['a?b#c', '/backend/a%3Fb%23c'],
    ['é', '/backend/%C3%A9'],
  ])('makes one segment of %j', (key, path) => {
    expect(backendPathOf(key)).toBe(path);
  });

  it('stays one segment under /backend/, whatever the key, and loses nothing of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
        const path = backendPathOf(key);
        const segments = path.split('/');
        expect(segments.slice(0, 2)).toEqual(['', 'backend']);
        expect(segments).toHaveLength(3);
        expect(['.', '..']).not.toContain(segments[2]);
        expect(path).toMatch(/^[\w/.!~*'()%-]+$/);
        expect(decodeURIComponent(segments[2] ?? '')).toBe(key);
      }),
    );
  });

  it('takes time in proportion to the length of the key', () => {
    const pieces = ['.', '/', '%', '%2F', 'a', '\0', '\u00e9', '\u{1f600}', '?', '#', '\\'];
    expectLinear(pieces, (key) => backendPathOf(key));
  });
});

describe('backendUrl', () => {
  const base = 'http://backend/v1';

  it('joins lists by literal commas and leaves absent values out', () => {
    expect(backendUrl(base, ['products', 'SKU123'], { fields: ['name', 'price'] })).toBe(
      'http://backend/v1/products/SKU123?fields=name,price',
    );
    expect(backendUrl(`${base}/`, ['products', '7'], { fields: undefined })).toBe(
      'http://backend/v1/products/7',
    );
  });

  it.each([
    ['..', '%2E%2E'],
    ['.', '%2E'],
    ['../admin', '..%2Fadmin'],
    ['a?b#c', 'a%3Fb%23c'],
    ['//evil', '%2F%2Fevil'],
  ])('keeps the segment %j in its place', (segment, encoded) => {
    expect(backendUrl(base, ['products', segment])).toBe(`${base}/products/${encoded}`);
  });

  it('keeps query values in theirs', () => {
    expect(backendUrl(base, ['p'], { a: 'x&b=y#z', n: 1, t: true })).toBe(
      `${base}/p?a=x%26b%3Dy%23z&n=1&t=true`,
    );
  });
});
