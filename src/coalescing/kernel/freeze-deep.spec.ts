import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { UnshareableValueError } from './coalescing.error.js';
import { freezeDeep } from './deep-values.js';

describe('freezeDeep', () => {
  it.each([undefined, null, 0, 'text', 1n, true, Symbol('s')])('takes %p as it is', (value) => {
    expect(freezeDeep(value)).toBe(value);
  });

  it('freezes objects and arrays, however deep, and returns the value itself', () => {
    const value = { a: [{ b: { c: 1 } }], [Symbol.for('s')]: { d: 1 } };
    expect(freezeDeep(value)).toBe(value);
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.isFrozen(value.a)).toBe(true);
    expect(Object.isFrozen(value.a[0]?.b)).toBe(true);
    expect(Object.isFrozen(value[Symbol.for('s') as never])).toBe(true);
  });

  it('freezes what an array holds beside its elements, and beside its holes', () => {
    const match = /(?<name>x)/d.exec('x') as RegExpExecArray;
    freezeDeep(match);
    expect([match, match.groups, match.indices].every(Object.isFrozen)).toBe(true);
    const sparse: object[] = [];
    sparse[4_000_000_000] = {};
    freezeDeep(sparse);
    expect(Object.isFrozen(sparse[4_000_000_000])).toBe(true);
    const holed = Object.assign([, 1], { last: {} }); // eslint-disable-line no-sparse-arrays
    freezeDeep(holed);
    expect(Object.isFrozen(holed.last)).toBe(true);
    const tagged = Object.assign([1], { [Symbol.for('s')]: {} });
    expect(Object.isFrozen(freezeDeep(tagged)[Symbol.for('s') as never])).toBe(true);
    class Rows extends Array<number> {
      readonly columns = ['a'];
    }
    const rows = Object.defineProperty(new Rows(), 'columns', { enumerable: false });
    expect(Object.isFrozen(freezeDeep(rows).columns)).toBe(true);
  });

  it('freezes what a frozen object holds', () => {
    const value = Object.freeze({ a: { b: 1 } });
    expect(Object.isFrozen(freezeDeep(value).a)).toBe(true);
  });

  it('freezes objects without a prototype', () => {
    const value = Object.assign(Object.create(null) as object, { a: {} });
    expect(Object.isFrozen(freezeDeep(value).a)).toBe(true);
  });

  it('copes with cycles', () => {
    const value: Record<string, unknown> = { list: [] };
    value.self = value;
    (value.list as unknown[]).push(value);
    expect(Object.isFrozen(freezeDeep(value).list)).toBe(true);
  });

  it('copes with values that are nested deeper than the stack', () => {
    let value: unknown = {};
    for (let i = 0; i < 100_000; i++) value = { value };
    expect(Object.isFrozen(freezeDeep(value))).toBe(true);
  });

  it.each([
    Buffer.from('b'),
    new Float64Array(2),
    new DataView(new ArrayBuffer(2)),
    new ArrayBuffer(2),
    new SharedArrayBuffer(2),
  ])('leaves bytes alone: %p', (bytes) => {
    const value = freezeDeep({ bytes });
    expect(value.bytes).toBe(bytes);
    expect(Object.isFrozen(bytes)).toBe(false);
  });

  it('leaves functions and promises alone', () => {
    const value = { f: () => 1, p: Promise.resolve(1) };
    freezeDeep(value);
    expect(Object.isFrozen(value.f)).toBe(false);
    expect(Object.isFrozen(value.p)).toBe(false);
  });

  it('does not call getters', () => {
    let calls = 0;
    const value = {
      get lazy() {
        return ++calls;
      },
    };
    freezeDeep(value);
    expect(calls).toBe(0);
  });

  it('makes Maps refuse change, and freezes their keys and values', () => {
    const value = freezeDeep(new Map([[{ key: 1 }, { value: 1 }]]));
    expect(() => value.set({ key: 2 }, { value: 2 })).toThrow(
      new TypeError('Cannot set: the value is shared with other callers and frozen'),
    );
    expect(() => value.delete({ key: 1 })).toThrow(TypeError);
    expect(() => value.clear()).toThrow(TypeError);
    const [[key, item] = []] = value;
    expect(Object.isFrozen(key)).toBe(true);
    expect(Object.isFrozen(item)).toBe(true);
    expect(value.size).toBe(1);
  });

  it('makes Sets refuse change, and freezes their members', () => {
    const value = freezeDeep(new Set([{ a: 1 }]));
    expect(() => value.add({ a: 2 })).toThrow(TypeError);
    expect(() => value.delete({ a: 1 })).toThrow(TypeError);
    expect(() => value.clear()).toThrow(TypeError);
    expect([...value].every(Object.isFrozen)).toBe(true);
  });

  it('makes Dates refuse change', () => {
    const value = freezeDeep({ at: new Date(0) });
    expect(() => value.at.setFullYear(2000)).toThrow('Cannot setFullYear');
    expect(() => value.at.setTime(1)).toThrow(TypeError);
    expect(value.at.toISOString()).toBe('1970-01-01T00:00:00.000Z');
  });

  it('takes a value that it has frozen before', () => {
    const value = { map: new Map([['a', {}]]), set: new Set([1]), at: new Date(0) };
    expect(freezeDeep(freezeDeep(value))).toBe(value);
  });

  it('freezes errors and what they hold', () => {
    const error = Object.assign(new RangeError('r'), { detail: {} });
    freezeDeep([error]);
    expect(Object.isFrozen(error)).toBe(true);
    expect(Object.isFrozen(error.detail)).toBe(true);
  });

  it('freezes what is built in wherever it comes from', () => {
    const value = runInNewContext(
      `({ list: [{}], map: new Map([[{}, {}]]), set: new Set([{}]), at: new Date(0), error: new Error('e') })`,
    ) as { list: [object]; map: Map<object, object>; set: Set<object>; at: Date; error: Error };
    freezeDeep(value);
    expect(() => value.map.clear()).toThrow('Cannot clear');
    expect(() => value.set.clear()).toThrow('Cannot clear');
    expect(() => value.at.setTime(1)).toThrow('Cannot setTime');
    const held = [value.error, ...value.list, ...value.set, ...[...value.map].flat()];
    expect(held).toHaveLength(5);
    expect(held.every((object) => Object.isFrozen(object))).toBe(true);
  });

  it('refuses an instance of a class, saying which and what to do', () => {
    class Socket {
      peer = {};
    }
    const socket = new Socket();
    expect(() => freezeDeep({ socket })).toThrow(UnshareableValueError);
    expect(() => freezeDeep({ socket })).toThrow(
      'The value cannot be shared: it holds an instance of Socket, which is not frozen. ' +
        "Choose shareAs 'reference' or 'clone', or let the class freeze its instances",
    );
    expect(Object.isFrozen(socket)).toBe(false);
  });

  it('takes an instance that its class has frozen, without looking into it', () => {
    class Money {
      readonly detail = {};
      constructor() {
        Object.freeze(this);
      }
    }
    const value = freezeDeep([new Money()]);
    expect(Object.isFrozen(value[0]?.detail)).toBe(false);
  });

  it('refuses a generator, whose items one caller alone would get', () => {
    const items = function* () {
      yield 1;
    };
    expect(() => freezeDeep(items())).toThrow('it is a generator');
  });
});
