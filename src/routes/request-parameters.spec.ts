import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import {
  InvalidParametersError,
  MAX_QUERY_PARAMETERS,
  requestParameters,
  validateParameters,
} from './route-request.js';

describe('requestParameters', () => {
  it('reads query and path, a repeated parameter as a list', () => {
    expect({ ...requestParameters('/p?a=1&b=x%20y&a=2&a=3', { id: '7' }) }).toEqual({
      a: ['1', '2', '3'],
      b: 'x y',
      id: '7',
    });
  });

  it('lets no query parameter replace one of the path', () => {
    expect(requestParameters('/p?id=8', { id: '7' })['id']).toBe('7');
  });

  it('takes a thousand, repetitions counted, and refuses more by 400', () => {
    const query = (count: number): string => `/p?${Array<string>(count).fill('a=1').join('&')}`;
    expect(requestParameters(query(MAX_QUERY_PARAMETERS), {})['a']).toHaveLength(1_000);
    expect(refusalOf(() => requestParameters(query(MAX_QUERY_PARAMETERS + 1), {}))).toMatchObject({
      status: 400,
      response: { error: 'more than 1000 parameters' },
    });
  });

  it.each([
    '%ff',
    '%fe',
    '%ZZ',
    '%',
    '%4',
    '%c3',
    '%ed%a0%80',
    '%c0%af',
    '%f4%90%80%80',
    'a%c3%28',
  ])('refuses by 400 what no text was encoded to: %s', (text) => {
    for (const query of [`id=${text}`, `${text}=1`, `a=1&b&${text}`]) {
      const refusal = refusalOf(() => requestParameters(`/p?${query}`, {}));
      expect(refusal).toMatchObject({ status: 400 });
    }
  });

  it('reads what is well-formed as a browser does', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '=', '&', '+', ' ', 'é', '%20', '%3D', '?'),
    });
    fc.assert(
      fc.property(text, (query) => {
        const expected: Record<string, string | string[]> = {};
        for (const [name, value] of new URLSearchParams(`?${query}`)) {
          const present = expected[name];
          expected[name] = present === undefined ? value : [present, value].flat();
        }
        expect({ ...requestParameters(`/p?${query}`, {}) }).toEqual(expected);
      }),
    );
    expect(requestParameters('/p?a=%EF%BB%BFx%EF%BB%BF', {})['a']).toBe('\ufeffx\ufeff');
  });

  it('takes __proto__ for a parameter like any other', () => {
    const parameters = requestParameters('/p?__proto__=x', {});
    expect(Object.keys(parameters)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

function refusalOf(validate: () => unknown): unknown {
  try {
    return validate();
  } catch (error) {
    return error;
  }
}

describe('validateParameters', () => {
  const schema = z.object({ id: z.string().min(1, 'must not be empty'), n: z.coerce.number() });

  it('gives what the schema makes of them, at once', () => {
    expect(validateParameters(schema, { id: 'a', n: '2' })).toEqual({ id: 'a', n: 2 });
  });

  it('names each parameter that does not fit, in a body of 400', () => {
    const error = refusalOf(() => validateParameters(schema, { id: '', n: 'x' }));
    expect(error).toBeInstanceOf(InvalidParametersError);
    const { problems } = error as InvalidParametersError;
    expect(problems).toHaveLength(2);
    expect(problems[0]).toBe('id: must not be empty');
    expect(problems[1]).toMatch(/^n: /);
    expect((error as InvalidParametersError).getResponse()).toEqual({ error: problems.join('; ') });
  });

  it('waits for a schema that validates asynchronously', async () => {
    const slow = z.object({
      id: z.string().refine(async (id) => Promise.resolve(id === 'a'), 'no'),
    });
    await expect(validateParameters(slow, { id: 'a' })).resolves.toEqual({ id: 'a' });
    await expect(validateParameters(slow, { id: 'b' })).rejects.toThrow(InvalidParametersError);
  });
});
