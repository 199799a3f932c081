import { describe, expect, it } from '@jest/globals';
import { ageMsOf } from './answer-outcome.js';

const ageOf = (age?: string) =>
  ageMsOf({
    ...{ status: 200, cookies: [], body: Buffer.alloc(0) },
    headers: age === undefined ? [] : [['age', age]],
  });

describe('ageMsOf', () => {
  it.each<[string | undefined, number]>([
    [undefined, 0],
    ['0', 0],
    ['7', 7_000],
    ['007', 7_000],
    ['7, 9', 7_000],
    ['99999999999999999999', 2 ** 31 * 1_000],
  ])('of Age %j is %d', (age, ms) => {
    expect(ageOf(age)).toBe(ms);
  });

  it.each(['', '-1', '1.5', '+1', '0x1', 'a', '1s', '1 2', ','])('takes no notice of %j', (age) => {
    expect(ageOf(age)).toBe(0);
  });
});
