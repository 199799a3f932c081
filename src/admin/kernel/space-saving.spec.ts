import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SpaceSaving } from './space-saving.js';

const countsOf = (keys: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

describe('Space-Saving', () => {
  it('counts exactly while there is room', () => {
    const sketch = new SpaceSaving(3);
    for (const key of 'abacab') sketch.add(key);
    const found = [...sketch.values()].map(({ key, count, error }) => [key, count, error]);
    expect(found).toEqual([
      ['a', 3, 0],
      ['b', 2, 0],
      ['c', 1, 0],
    ]);
    expect(sketch.find('c')?.count).toBe(1);
    expect(sketch.find('d')).toBeUndefined();
    expect(new SpaceSaving(3).unseen).toBe(0);
  });

  it('gives the place of the rarest to a new key, and says by how much its count may be too high', () => {
    const sketch = new SpaceSaving(2);
    for (const key of 'aabbb') sketch.add(key);
    const { count, error } = sketch.add('c');
    expect([count, error]).toEqual([3, 2]);
    expect(sketch.find('a')).toBeUndefined();
    expect(sketch.unseen).toBe(3);
  });

  it('begins anew once it is cleared', () => {
    const sketch = new SpaceSaving(1);
    for (const key of 'aaa') sketch.add(key);
    sketch.clear();
    expect(sketch.add('b').count).toBe(1);
  });

  it('keeps its promises whatever comes in whatever order', () => {
    const keys = fc.array(fc.integer({ min: 0, max: 12 }).map(String), { maxLength: 300 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 8 }), (stream, capacity) => {
        const sketch = new SpaceSaving(capacity);
        for (const key of stream) sketch.add(key);
        const held = [...sketch.values()];
        const truth = countsOf(stream);
        expect(held.length).toBe(Math.min(capacity, truth.size));
        // Every addition is in somebody's count, once.
        expect(held.reduce((sum, { count }) => sum + count, 0)).toBe(stream.length);
        for (const { key, count, error } of held) {
          const real = truth.get(key) ?? 0;
          expect(count).toBeGreaterThanOrEqual(real);
          expect(count - error).toBeLessThanOrEqual(real);
        }
        for (const [key, count] of truth) {
          if (sketch.find(key) === undefined) expect(count).toBeLessThanOrEqual(sketch.unseen);
          if (count > stream.length / capacity) expect(sketch.find(key)).toBeDefined();
        }
      }),
    );
  });
});
