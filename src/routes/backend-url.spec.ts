import { describe, expect, it } from '@jest/globals';
import { backendUrl } from './backend-url.js';

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
