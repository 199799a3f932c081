import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyText } from '../caching/index.js';
import type { CacheKey } from '../caching/index.js';
import { readableKey, readableLease, writtenKeyText } from './key-text.js';

const readable = (key: CacheKey): string => readableKey(keyText(key));

describe('a key as an operator reads it', () => {
  it.each<[CacheKey, string]>([
    [['7', ['name']], '["7",["name"]]'],
    [['a', 2n, undefined, null], '["a",2n,undefined,null]'],
    ['shop.example/catalogue/7?page=1', 'shop.example/catalogue/7?page=1'],
    ['shop.example/catalogue/7\n\n4f2a', 'shop.example/catalogue/7\n\n4f2a'],
    ['', ''],
    ['["7"]', '"[\\"7\\"]"'],
    ['"quoted"', '"\\"quoted\\""'],
    ['tab\tbell\u0007', '"tab\\tbell\\u0007"'],
    ['\u001f["7"]', '"\\u001f[\\"7\\"]"'],
    ['漢字 🚢', '漢字 🚢'],
  ])('%j is shown as %s', (key, text) => {
    expect(readable(key)).toBe(text);
  });

  it('is what an operator may give back', () => {
    const part = fc.letrec<{ part: unknown }>((tie) => ({
      part: fc.oneof(
        { maxDepth: 2 },
        ...[fc.string(), fc.integer(), fc.bigInt(), fc.boolean(), fc.constant(undefined)],
        fc.array(tie('part'), { maxLength: 3 }),
      ),
    })).part;
    const characters = fc.constantFrom('"', '[', ']', '\u001f', '\\', '\n', '\0', 'a', '\ud800');
    const key = fc.oneof(fc.string(), fc.string({ unit: characters }), fc.array(part));
    fc.assert(
      fc.property(key, (any) => {
        const text = keyText(any as CacheKey);
        expect(keyText(writtenKeyText(readableKey(text)))).toBe(text);
        expect(keyText(writtenKeyText(text.startsWith('\u001f') ? text : readableKey(text)))).toBe(
          text,
        );
      }),
    );
  });

  it('stands behind whose it is where it is that of a lease', () => {
    expect(readableLease('cache:/products:\u001f["7"]')).toBe('cache:/products:["7"]');
    expect(readableLease('cache:shop:host/path')).toBe('cache:shop:host/path');
  });

  it('may be written with spaces, as JSON is', () => {
    expect(keyText(writtenKeyText('[ "7", [ "name" ] ]'))).toBe(keyText(['7', ['name']]));
  });

  it('is taken as it is written where it is half a quotation', () => {
    expect(keyText(writtenKeyText('"half'))).toBe('"half');
  });
});
