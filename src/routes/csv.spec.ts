import { describe, expect, it } from '@jest/globals';
import { csv } from './csv.js';
import { sorted } from './sorted.js';

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

describe('sorted', () => {
  it("leaves the caller's list as it was", () => {
    const fields = Object.freeze(['price', 'name', 'price']);
    expect(sorted(fields)).toEqual(['name', 'price']);
    expect(fields).toEqual(['price', 'name', 'price']);
  });
});
