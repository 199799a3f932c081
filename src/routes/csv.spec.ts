import { describe, expect, it } from '@jest/globals';
import { csv, csvItems, sorted } from './csv.js';

describe('csv', () => {
  it.each([
    ['name,price', ['name', 'price']],
    ['price,name', ['name', 'price']],
    ['name, price ,name', ['name', 'price']],
    [
      ['name', 'price'],
      ['name', 'price'],
    ],
    [
      ['price,x', 'name'],
      ['name', 'price', 'x'],
    ],
    ['', undefined],
    [' , ,', undefined],
  ])('reads %j as %j', (given, items) => {
    expect(csv().parse(given)).toEqual(items);
  });
});

describe('csv in an object of zod 3', () => {
  it.each([csv(), csv().optional()])('says what to write instead', (schema) => {
    // As zod 3 parses the members of an object.
    const { _parse } = schema as unknown as { _parse: () => void };
    expect(_parse).toThrow('write z.string().transform(csvItems).optional() instead of csv()');
  });

  it('has its items made by a function that any validator takes', () => {
    expect(csvItems('price, name')).toEqual(['name', 'price']);
    expect(csv().optional().parse(undefined)).toBeUndefined();
  });
});

describe('sorted', () => {
  it("leaves the caller's list as it was", () => {
    const fields = Object.freeze(['price', 'name', 'price']);
    expect(sorted(fields)).toEqual(['name', 'price']);
    expect(fields).toEqual(['price', 'name', 'price']);
  });
});
