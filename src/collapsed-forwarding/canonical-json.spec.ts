import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

const canonical = (text: string): string => canonicalJson(text, 64);

describe('the canonical text of a key', () => {
  it.each([
    ['1', '1.0', '1e0', '10e-1', '0.1e1', '1E+0'],
    ['0', '-0', '0.0', '-0e5', '0e99999999999999999999'],
    ['100', '1e2', '1.00e2'],
    ['0.5', '5e-1', '0.50'],
    ['"A"', String.raw`"\u0041"`],
    ['"é/"', String.raw`"\u00e9\/"`],
    ['{"a":1,"b":2}', '{ "b" : 2.0 , "a" : 1 }', '{"a":9,"b":2,"a":1}'],
    ['{"a":{"c":[1,{"d":2,"e":3}]}}', '{"a":{"c":[1.0,{"e":3,"d":2}]}}'],
    ['{"__proto__":1,"a":2}', String.raw`{"a":2,"\u005f_proto__":1}`],
    ['[]', '[ ]', '[\r]'],
    ['{}', '{ }', '{\t}'],
    ['1e400', '10e399', '1' + '0'.repeat(400)],
  ])('is one for all ways to write %s', (...texts) => {
    expect(new Set(texts.map(canonical)).size).toBe(1);
  });

  it.each([
    ['1', '"1"'],
    ['null', '"null"'],
    ['true', '"true"'],
    ['1', '-1'],
    ['1', '1.0000000000000001'],
    ['9007199254740992', '9007199254740993'],
    ['1e400', '1e401'],
    ['1e-400', '0'],
    ['[1,2]', '[2,1]'],
    ['[1]', '["1"]'],
    ['[[1],2]', '[1,[2]]'],
    ['{}', '[]'],
    ['{"__proto__":1}', '{}'],
    ['{"__proto__":1}', '{"__proto__":2}'],
    ['{"a":{"b":1}}', '{"a":{"b":2}}'],
    ['""', '" "'],
  ])('tells %s from %s', (a, b) => {
    expect(canonical(a)).not.toBe(canonical(b));
  });

  it('leaves whole numbers whole, for an origin that tells 100 from 1e2', () => {
    expect(canonical('100')).toBe('100');
    expect(canonical('12345678901234567890000')).toBe('12345678901234567890000');
    expect(canonical('0.25')).toBe('0.25');
  });

  it('is JSON of the same value, and its own canonical text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const result = canonical(text);
        expect(JSON.parse(result)).toEqual(JSON.parse(text));
        expect(canonical(result)).toBe(result);
        expect(canonical(JSON.stringify(JSON.parse(text), null, 1))).toBe(result);
      }),
    );
  });

  it('refuses to go deeper than it is told', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(canonicalJson(nested(64), 64)).toBe(nested(64));
    expect(() => canonicalJson(nested(65), 64)).not.toThrow();
    expect(() => canonicalJson(nested(66), 64)).toThrow(RangeError);
  });
});
