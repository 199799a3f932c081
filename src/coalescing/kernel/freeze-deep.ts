import { UnshareableValueError } from './coalescing.error.js';
import { isBuiltIn, isBytes, isDense, isPlain } from './value-kinds.js';

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
  if (typeof value !== 'object') return value;
  const seen = new Set<unknown>();
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isPlain(next)) freezeMembers(next, pending);
    else if (!isBytes(next) && !(next instanceof Promise)) freezeInstance(next, pending);
  }
  return value;
}

function freezeInstance(object: object, pending: unknown[]): void {
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
    for (const entry of object as Map<unknown, unknown>) pending.push(...entry);
  }
  if (isBuiltIn(object, Set)) for (const member of object as Set<unknown>) pending.push(member);
  freezeMembers(object, pending);
}

function isGenerator(object: object): boolean {
  return /^\[object (?:Async)?Generator\]$/.test(Object.prototype.toString.call(object));
}

function freezeMembers(object: object, pending: unknown[]): void {
  if (isDense(object)) {
    for (const item of object) {
      // A million numbers are not to be put aside one by one.
      if (typeof item === 'object' && item !== null) pending.push(item);
    }
  } else {
    for (const key of Reflect.ownKeys(object)) {
      pending.push(Object.getOwnPropertyDescriptor(object, key)?.value);
    }
  }
  Object.freeze(object);
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
