import { describe, expect, it } from '@jest/globals';
import { answerControlOf } from './cache-control.js';

describe('what many answers say in the same words', () => {
  const says = (value: string) =>
    answerControlOf(['Cache-Control', value], [], () => undefined).maxAge;

  it('is found out once, and is still what each of them says', () => {
    for (let round = 0; round < 2; round++) {
      for (let age = 0; age < 200; age++) expect(says(`max-age=${age}`)).toBe(age);
    }
  });

  it('is read each time where it is long', () => {
    const long = `${'x'.repeat(300)}, max-age=1`;
    expect(says(long)).toBe(1);
    expect(says(`${long}2`)).toBe(12);
  });

  it('is nothing where nothing is said', () => {
    const control = answerControlOf(['Age', '1'], [], () => undefined);
    expect(control).toEqual(answerControlOf(['Cache-Control', ''], [], () => undefined));
  });
});
