import { UnshareableValueError } from './coalescing.error.js';
import { isBytes, isDense, isPlain } from './value-kinds.js';

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
