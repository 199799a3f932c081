import { describe, expect, it } from '@jest/globals';
import { cloneDeep } from './deep-values.js';
import { UnshareableValueError } from './coalescing.error.js';

describe('cloneDeep', () => {
  it.each([undefined, null, 0, 'text', 1n, true])('takes %p as it is', (value) => {
    expect(cloneDeep(value)).toBe(value);
  });

  it('copies objects, arrays, Maps and Sets in depth', () => {
    const value = {
      list: [{ a: 1 }],
      map: new Map([[{ key: 1 }, { value: 1 }]]),
      set: new Set([{ member: 1 }]),
    };
    const copy = cloneDeep(value);
    expect(copy).toEqual(value);
    expect(copy).not.toBe(value);
    expect(copy.list).not.toBe(value.list);
    expect(copy.list[0]).not.toBe(value.list[0]);
    expect([...copy.map.keys()][0]).not.toBe([...value.map.keys()][0]);
    expect([...copy.map.values()][0]).not.toBe([...value.map.values()][0]);
    expect([...copy.set][0]).not.toBe([...value.set][0]);
  });

  it('copies what is frozen into something that is not', () => {
    const copy = cloneDeep<{ list?: string[] }>(
      Object.freeze({ list: Object.freeze(['x']) as string[] }),
    );
    copy.list?.push('y');
    expect(copy).toEqual({ list: ['x', 'y'] });
    copy.list = [];
    delete copy.list;
    expect(copy).toEqual({});
  });

  it('copies what structuredClone copies', () => {
    const value = { at: new Date(5), pattern: /x/gi, error: new RangeError('r') };
    const copy = cloneDeep(value);
    expect(copy).toEqual(value);
    expect(copy.at).not.toBe(value.at);
    expect(copy.pattern).not.toBe(value.pattern);
  });

  it('keeps cycles and shared parts as they are', () => {
    const shared = { at: new Date(1) };
    const map = new Map<string, unknown>();
    const set = new Set<unknown>();
    const value: Record<string, unknown> = { a: shared, b: shared, map, set, list: [] };
    value.self = value;
    map.set('value', value).set('self', map);
    set.add(value).add(set);
    (value.list as unknown[]).push(value.list, shared.at, shared.at);
    const copy = cloneDeep(value) as {
      self: unknown;
      a: unknown;
      b: unknown;
      map: Map<string, unknown>;
      set: Set<unknown>;
      list: unknown[];
    };
    expect(copy.self).toBe(copy);
    expect(copy.a).toBe(copy.b);
    expect(copy.a).not.toBe(shared);
    expect(copy.map.get('value')).toBe(copy);
    expect(copy.map.get('self')).toBe(copy.map);
    expect(copy.set.has(copy)).toBe(true);
    expect(copy.set.has(copy.set)).toBe(true);
    expect(copy.list[0]).toBe(copy.list);
    expect(copy.list[1]).toBe(copy.list[2]);
  });

  it('shares bytes by reference wherever they are', () => {
    const bytes = Buffer.from('b');
    expect(cloneDeep(bytes)).toBe(bytes);
    expect(cloneDeep([bytes])[0]).toBe(bytes);
    expect(cloneDeep(new Map([['b', bytes]])).get('b')).toBe(bytes);
    expect(cloneDeep(new Set([bytes])).has(bytes)).toBe(true);
  });

  it('keeps what an array has beside its elements', () => {
    const value = Object.assign([{ a: 1 }], { total: { rows: 1 } });
    const copy = cloneDeep(value);
    expect(copy).toEqual(value);
    expect(copy.total).toEqual({ rows: 1 });
    expect(copy[0]).not.toBe(value[0]);
    expect(copy.total).not.toBe(value.total);
  });

  it('keeps the holes of an array', () => {
    const copy = cloneDeep([1, , 3]); // eslint-disable-line no-sparse-arrays
    expect(copy).toHaveLength(3);
    expect(1 in copy).toBe(false);
    expect(cloneDeep(new Array(2))).toHaveLength(2);
  });

  it('takes a key called __proto__ for a key', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    const copy = cloneDeep(value);
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect('polluted' in copy).toBe(false);
  });

  it.each([() => 1, Symbol('s'), { deep: [() => 1] }, new Map([['f', () => 1]]), new WeakMap()])(
    'refuses what structuredClone refuses: %p',
    (value) => {
      expect(() => cloneDeep(value)).toThrow(UnshareableValueError);
    },
  );

  it('says what structuredClone said, and what to do', () => {
    expect.assertions(2);
    try {
      cloneDeep({ f: () => 1 });
    } catch (error) {
      expect((error as Error).message).toMatch(
        /^The value cannot be shared: structuredClone refused it \(DataCloneError: .*\)\. Choose shareAs 'reference' or 'frozen'$/s,
      );
      expect((error as Error).cause).toHaveProperty('name', 'DataCloneError');
    }
  });
});
