import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from './bounded-map.js';

describe('a bounded map', () => {
  it('drops what was written longest ago, and says so', () => {
    const dropped: number[] = [];
    const map = new BoundedMap<number>(4, (value) => dropped.push(value));
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, i);
    expect(map.size).toBe(4);
    map.set('a', 9);
    expect(dropped).toEqual([1]);
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([9, undefined, 2, 3]);
  });

  it('holds the latest half at least, and its limit at most', () => {
    const map = new BoundedMap<number>(100);
    for (let i = 0; i < 1_000; i++) {
      map.set(`k${i}`, i);
      expect(map.size).toBeLessThanOrEqual(100);
    }
    for (let i = 950; i < 1_000; i++) expect(map.get(`k${i}`)).toBe(i);
  });

  it('rewrites and forgets keys of any age', () => {
    const map = new BoundedMap<number>(4);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    map.set('c', 2);
    expect([map.get('c'), map.size]).toEqual([2, 3]);
    expect([map.delete('a'), map.delete('c'), map.delete('x')]).toEqual([true, true, false]);
    expect(map.size).toBe(1);
    map.clear();
    expect(map.size).toBe(0);
  });
});
