import { UnshareableValueError } from './coalescing.error.js';

/** Methods that change what `Object.freeze` does not reach: the inside of Maps, Sets and Dates. */
const MUTATORS: readonly (readonly [type: new () => object, methods: readonly string[]])[] = [
  [Map, ['set', 'delete', 'clear']],
  [Set, ['add', 'delete', 'clear']],
  [Date, Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))],
];

/**
 * Freezes `value` and everything reachable from it, cycles included, and returns it. Maps, Sets and
 * Dates refuse the methods that change them. Bytes, functions, promises and instances that are frozen
 * already are left as they are; getters of objects are not called.
 *
 * @throws {@link UnshareableValueError} on an instance of a class that is not frozen: freezing what a
 * loader did not make (a socket, an entity manager) breaks it, leaving it would share it mutable.
 */
export function freezeDeep<T>(value: T): T {
  if (!isObject(value)) return value;
  const pending: object[] = [];
  freezeOne(value, pending);
  // Most values hold no others: they need no list of those that were seen.
  if (pending.length === 0) return value;
  const seen = new Set<object>([value]);
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    freezeOne(next, pending);
  }
  return value;
}

/** Freezes `object` itself; the objects that it holds are added to `pending`. */
function freezeOne(object: object, pending: object[]): void {
  if (isPlain(object)) freezeMembers(object, pending);
  else if (!isBytes(object) && !(object instanceof Promise)) freezeInstance(object, pending);
}

function freezeInstance(object: object, pending: object[]): void {
  const mutators = MUTATORS.find(([type]) => isBuiltIn(object, type))?.[1];
  if (mutators) {
    if (!Object.isFrozen(object)) refuse(object, mutators);
  } else if (!isBuiltIn(object, Error)) {
    if (Object.isFrozen(object)) return;
    if (isGenerator(object)) {
      throw new UnshareableValueError(
        'it is a generator, whose items only one caller would get. Let the loader read it to its end ' +
          'and return the items',
      );
    }
    throw new UnshareableValueError(
      `it holds an instance of ${object.constructor.name}, which is not frozen. Choose shareAs ` +
        "'reference' or 'clone', or let the class freeze its instances",
    );
  }
  if (isBuiltIn(object, Map)) {
    for (const [key, item] of object as Map<unknown, unknown>) {
      addObject(key, pending);
      addObject(item, pending);
    }
  }
  if (isBuiltIn(object, Set)) {
    for (const member of object as Set<unknown>) addObject(member, pending);
  }
  freezeMembers(object, pending);
}

function isGenerator(object: object): boolean {
  return /^\[object (?:Async)?Generator\]$/.test(Object.prototype.toString.call(object));
}

function freezeMembers(object: object, pending: object[]): void {
  if (isDense(object)) {
    // A million numbers are not to be put aside one by one.
    for (const item of object) addObject(item, pending);
  } else {
    // One by one: V8 has the names at hand, and collects both in a table for `Reflect.ownKeys`.
    addMembers(object, Object.getOwnPropertyNames(object), pending);
    addMembers(object, Object.getOwnPropertySymbols(object), pending);
  }
  Object.freeze(object);
}

function addMembers(object: object, keys: readonly PropertyKey[], pending: object[]): void {
  for (const key of keys) addObject(Object.getOwnPropertyDescriptor(object, key)?.value, pending);
}

function addObject(value: unknown, pending: object[]): void {
  if (isObject(value)) pending.push(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function refuse(object: object, methods: readonly string[]): void {
  for (const name of methods) {
    Object.defineProperty(object, name, {
      value: () => {
        throw new TypeError(`Cannot ${name}: the value is shared with other callers and frozen`);
      },
    });
  }
}

/**
 * An own copy of `value`: `structuredClone`, except that bytes are shared by reference (and stay
 * Buffers) wherever they stand in plain objects, arrays, Maps and Sets.
 *
 * @throws {@link UnshareableValueError} where `structuredClone` refuses, such as on a function
 */
export function cloneDeep<T>(value: T): T {
  try {
    return clone(value, { copies: new Map(), other: structuredClone }) as T;
  } catch (error) {
    throw new UnshareableValueError(
      `structuredClone refused it (${String(error)}). Choose shareAs 'reference' or 'frozen'`,
      { cause: error },
    );
  }
}

/**
 * {@link cloneDeep}, but what is neither plain nor a Map or Set is shared as it is, not refused.
 *
 * @param copies what has a copy already
 */
export function clonePlain<T>(value: T, copies = new Map<object, object>()): T {
  return clone(value, { copies, other: (same) => same }) as T;
}

interface Cloning {
  readonly copies: Map<object, object>;
  /** The copy of what is neither a primitive, nor bytes, nor made of others in a way known here. */
  readonly other: <V>(value: V) => V;
}

function clone(value: unknown, cloning: Cloning): unknown {
  const { copies, other } = cloning;
  if (typeof value !== 'object' || value === null) {
    // Primitives are values; structuredClone says what it has against functions and symbols.
    return isPrimitive(value) ? value : other(value);
  }
  if (isBytes(value)) return value;
  const known = copies.get(value);
  if (known) return known;
  if (value instanceof Map) {
    const copy = remember(value, new Map<unknown, unknown>(), copies);
    for (const [key, item] of value) copy.set(clone(key, cloning), clone(item, cloning));
    return copy;
  }
  if (value instanceof Set) {
    const copy = remember(value, new Set<unknown>(), copies);
    for (const item of value) copy.add(clone(item, cloning));
    return copy;
  }
  if (!isPlain(value)) return remember(value, other(value), copies);
  if (isDense(value)) return cloneElements(remember(value, value.slice(), copies), cloning);
  const copy = remember(value, Array.isArray(value) ? new Array(value.length) : {}, copies);
  for (const [key, item] of Object.entries(value)) setMember(copy, key, clone(item, cloning));
  return copy;
}

/** Puts copies in the place of what `array` has by reference. */
function cloneElements(array: unknown[], cloning: Cloning): unknown[] {
  for (let at = 0; at < array.length; at++) {
    if (!isPrimitive(array[at])) array[at] = clone(array[at], cloning);
  }
  return array;
}

function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null;
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
}

function setMember(copy: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') {
    copy[key] = value;
    return;
  }
  // Not an assignment: a key called `__proto__` is a key.
  Object.defineProperty(copy, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function remember<C extends object>(original: object, copy: C, copies: Map<object, object>): C {
  copies.set(original, copy);
  return copy;
}

/** Buffers, typed arrays and the memory behind them: shared by reference, never frozen or copied. */
export function isBytes(value: object): boolean {
  return (
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer
  );
}

/** Whether `value` is an instance of the built-in `type`, whichever realm it comes from. */
export function isBuiltIn(value: object, type: new () => object): boolean {
  return value instanceof type || Object.prototype.toString.call(value) === `[object ${type.name}]`;
}

/**
 * Arrays of this realm that have each of their elements and nothing beside them: they can be read by
 * index. Asking takes less than a tenth of a look at each element by reflection.
 */
export function isDense(value: object): value is unknown[] {
  if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false;
  const keys = Object.keys(value);
  const { length } = value;
  // Indices come first, in their order: if the last of so many is the last index, there are no others.
  return (
    keys.length === length &&
    (length === 0 || keys[length - 1] === String(length - 1)) &&
    Object.getOwnPropertySymbols(value).length === 0
  );
}

/** Arrays and objects of no class, whichever realm they come from. */
export function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
