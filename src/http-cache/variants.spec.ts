import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_VARIANTS, selectedVariants, variantId, withUse, withVariant } from './variants.js';
import type { VaryIndex } from './variants.js';

/** Adds to what is there, or to nothing. */
function add(index: VaryIndex, names: readonly string[], selecting: string, at = 0) {
  return withVariant(index, names, { id: variantId(names, selecting), at });
}

const ids = (index: VaryIndex) => index.variants.map(({ id }) => id);
const select = (index: VaryIndex, selecting: Record<string, string>) =>
  selectedVariants(index, (names) => selecting[names.join()] ?? '?').map(({ id }) => id);

describe('K3: the variants under a primary key', () => {
  it('are selected by the values of the fields that Vary named', () => {
    let { index } = add(NO_VARIANTS, ['foo'], '1');
    ({ index } = add(index, ['foo'], '2'));
    expect(select(index, { foo: '1' })).toEqual(['foo 1']);
    expect(select(index, { foo: '2' })).toEqual(['foo 2']);
    expect(select(index, { foo: '3' })).toEqual([]);
    expect(select(NO_VARIANTS, { foo: '1' })).toEqual([]);
  });

  it('of several lists that match come by Date, the newest first', () => {
    let { index } = add(NO_VARIANTS, ['a'], '1', 30);
    ({ index } = add(index, ['a', 'b'], '12', 10));
    ({ index } = add(index, ['c'], '3', 20));
    const selecting = { a: '1', 'a,b': '12', c: '3' };
    expect(select(index, selecting)).toEqual(['a 1', 'c 3', 'a,b 12']);
    expect(select(index, { ...selecting, a: '2' })).toEqual(['c 3', 'a,b 12']);
  });

  it('are one where they have the same id: the new one replaces', () => {
    const { index } = withVariant(NO_VARIANTS, ['a'], { id: 'a 1', at: 1, etag: '"1"' });
    const again = withVariant(index, ['a'], { id: 'a 1', at: 2, etag: '"2"' });
    expect(again.index).toEqual({ lists: [['a']], variants: [{ id: 'a 1', at: 2, etag: '"2"' }] });
    expect(again.dropped).toEqual([]);
  });

  it('are at most 16: the next one drops the least recently used', () => {
    let index = NO_VARIANTS;
    for (let i = 1; i <= 16; i++) ({ index } = add(index, ['a'], `${i}`));
    index = withUse(index, 'a 1');
    const { index: next, dropped } = add(index, ['a'], '17');
    expect(dropped).toEqual(['a 2']);
    expect(ids(next)).toEqual([
      'a 17',
      'a 1',
      ...Array.from({ length: 14 }, (_, i) => `a ${16 - i}`),
    ]);
  });

  it('have at most four lists: a fifth drops the oldest one and what was kept under it', () => {
    let index = NO_VARIANTS;
    for (const name of ['a', 'ab', 'c', 'd']) ({ index } = add(index, [name], '1'));
    ({ index } = add(index, ['a'], '2'));
    expect(index.lists).toEqual([['a'], ['d'], ['c'], ['ab']]);
    const { index: next, dropped } = add(index, ['e'], '1');
    expect(dropped).toEqual(['ab 1']);
    expect(next.lists).toEqual([['e'], ['a'], ['d'], ['c']]);
    expect(ids(next)).toEqual(['e 1', 'a 2', 'd 1', 'c 1', 'a 1']);
  });

  it('change nothing where the last one is used again, or one that is not there', () => {
    let { index } = add(NO_VARIANTS, ['a'], '1');
    ({ index } = add(index, ['a'], '2'));
    expect(withUse(index, 'a 2')).toBe(index);
    expect(withUse(index, 'a 3')).toBe(index);
    expect(ids(withUse(index, 'a 1'))).toEqual(['a 1', 'a 2']);
  });

  it('survive being written as JSON', () => {
    const { index } = withVariant(NO_VARIANTS, ['a', 'b'], { id: 'a,b 1', at: 7, etag: '"x"' });
    expect(JSON.parse(JSON.stringify(index))).toEqual(index);
  });

  it('are what a list in order of use holds, after any history', () => {
    const step = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      fc.integer({ min: 0, max: 9 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let index = NO_VARIANTS;
        const kept = new Set<string>();
        for (const [name, value, adds] of steps) {
          const id = variantId([name], `${value}`);
          if (adds) {
            const { index: next, dropped } = add(index, [name], `${value}`);
            index = next;
            kept.add(id);
            for (const gone of dropped) expect(kept.delete(gone)).toBe(true);
            expect(ids(index)[0]).toBe(id);
          } else {
            index = withUse(index, id);
            if (kept.has(id)) expect(ids(index)[0]).toBe(id);
          }
          expect(new Set(ids(index))).toEqual(kept);
          expect(index.lists.length).toBeLessThanOrEqual(4);
          expect(index.variants.length).toBeLessThanOrEqual(16);
          for (const one of kept) {
            const [list = '', selecting = ''] = one.split(' ');
            expect(select(index, { [list]: selecting })).toEqual([one]);
          }
        }
      }),
    );
  });
});
