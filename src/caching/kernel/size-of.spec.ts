import { describe, expect, it } from '@jest/globals';
import { sizeOf } from './cache-entry.js';

describe('the estimated size of a value', () => {
  it.each([
    ['bytes', Buffer.alloc(1_000), 1_032],
    ['a part of a buffer', Buffer.alloc(1_000).subarray(0, 10), 42],
    ['an ArrayBuffer', new ArrayBuffer(100), 132],
    ['a string', 'abcd', 16],
    ['a number', 1, 8],
    ['nothing', undefined, 8],
    ['null', null, 8],
    ['a list', [1, 2], 48],
    ['an object', { ab: 'c' }, 32 + 4 + 10],
    ['a map', new Map([['k', 1]]), 32 + 10 + 8],
    ['a set', new Set([1]), 32 + 16],
  ])('counts %s', (_what, value, bytes) => {
    expect(sizeOf(value)).toBe(bytes);
  });

  it('counts what is referred to twice once, and survives cycles', () => {
    const shared = { bytes: Buffer.alloc(1_000) };
    const cycle: Record<string, unknown> = { a: shared, b: shared };
    cycle.self = cycle;
    expect(sizeOf(cycle)).toBeLessThan(1_300);
  });

  it('calls no getters', () => {
    const value = {
      get a() {
        throw new Error('called');
      },
    };
    expect(sizeOf(value)).toBeGreaterThan(0);
  });

  it('stops at its limit', () => {
    const seen: number[] = [];
    const endless = new Proxy([] as number[], {
      get: (target, name) => {
        if (name === Symbol.iterator) {
          return function* () {
            for (let i = 0; i < 10; i++) yield 'x'.repeat(1_000);
          };
        }
        seen.push(1);
        return Reflect.get(target, name) as unknown;
      },
    });
    expect(sizeOf(endless, 3_000)).toBeLessThan(6_000);
  });
});
