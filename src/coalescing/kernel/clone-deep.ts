import { UnshareableValueError } from './unshareable-value.error.js';
import { isBytes, isPlain } from './value-kinds.js';

/**
 * An own copy of `value`: `structuredClone`, except that bytes are shared by reference (and stay
 * Buffers) wherever they stand in plain objects, arrays, Maps and Sets.
 *
 * @throws {@link UnshareableValueError} where `structuredClone` refuses, such as on a function
 */
export function cloneDeep<T>(value: T): T {
  try {
    return clone(value, new Map()) as T;
  } catch (error) {
    throw new UnshareableValueError(
      `structuredClone refused it (${String(error)}). Choose shareAs 'reference' or 'frozen'`,
      { cause: error },
    );
  }
}

function clone(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null) {
    // Primitives are values; structuredClone says what it has against functions and symbols.
    return typeof value === 'function' || typeof value === 'symbol'
      ? structuredClone(value)
      : value;
  }
  if (isBytes(value)) return value;
  const known = copies.get(value);
  if (known) return known;
  if (value instanceof Map) {
    const copy = remember(value, new Map<unknown, unknown>(), copies);
    for (const [key, item] of value) copy.set(clone(key, copies), clone(item, copies));
    return copy;
  }
  if (value instanceof Set) {
    const copy = remember(value, new Set<unknown>(), copies);
    for (const item of value) copy.add(clone(item, copies));
    return copy;
  }
  if (!isPlain(value)) return remember(value, structuredClone(value), copies);
  const copy = remember(value, Array.isArray(value) ? new Array(value.length) : {}, copies);
  for (const [key, item] of Object.entries(value)) {
    // Not an assignment: a key called `__proto__` is a key.
    Object.defineProperty(copy, key, {
      value: clone(item, copies),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}

function remember<C extends object>(original: object, copy: C, copies: Map<object, object>): C {
  copies.set(original, copy);
  return copy;
}
