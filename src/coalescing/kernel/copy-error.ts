import { clonePlain, isBuiltIn } from './deep-values.js';

/** Classes by prototype, and whether what their getters read is there in a copy. */
const readable = new WeakMap<object, boolean>();

/**
 * An error for one caller alone: of the same class, with the same message, stack and `cause`. Its fields
 * are copied as far as they are plain data, and shared beyond that, such as a response or a socket. What
 * was thrown without being an error is copied likewise.
 *
 * It never throws. What cannot be copied is given as it is: an error whose getters read private fields
 * (`#name`), which nobody can copy.
 */
export function copyError<E>(error: E): E {
  try {
    if (typeof error !== 'object' || error === null) return error;
    return isError(error) ? copyOf(error) : clonePlain(error);
  } catch {
    return error;
  }
}

function isError(thrown: object): boolean {
  // Of another realm, as in tests, the second is none of ours.
  return isBuiltIn(thrown, Error) || thrown instanceof DOMException;
}

function copyOf<E extends object>(error: E): E {
  const copy = blank(error);
  copyFields(error, copy);
  return isReadable(error, copy) ? copy : error;
}

/** A true error, as Node and structuredClone know it, of the same class. */
function blank<E extends object>(error: E): E {
  // What a DOMException has to tell is private to it.
  const own =
    error instanceof DOMException ? new DOMException(error.message, error.name) : new Error();
  return Object.setPrototypeOf(own, Object.getPrototypeOf(error) as object) as E;
}

function copyFields(error: object, copy: object): void {
  Reflect.deleteProperty(copy, 'stack');
  const fields = Object.getOwnPropertyDescriptors(error) as Record<PropertyKey, PropertyDescriptor>;
  const keys = Reflect.ownKeys(fields);
  const values = copiesOf(
    keys.map((key) => fields[key]?.value as unknown),
    error,
    copy,
  );
  keys.forEach((key, at) => {
    const field = { ...fields[key], configurable: true };
    if (key === 'stack') {
      // On some lines of Node a getter, which reads what V8 keeps of that very error.
      const { enumerable } = field;
      const value = stackOf(error);
      Object.defineProperty(copy, key, { enumerable, configurable: true, writable: true, value });
    } else if ('value' in field) {
      const value: unknown = key === 'cause' ? field.value : values[at];
      Object.defineProperty(copy, key, { ...field, writable: true, value });
    } else {
      Object.defineProperty(copy, key, field);
    }
  });
}

function stackOf(error: { stack?: unknown }): unknown {
  return error.stack;
}

/** All at once: what two fields have in common, they go on having in common. */
function copiesOf(values: readonly unknown[], error: object, copy: object): readonly unknown[] {
  try {
    return clonePlain(values, new Map([[error, copy]]));
  } catch {
    return values;
  }
}

function isReadable(error: object, copy: object): boolean {
  const type = Object.getPrototypeOf(error) as object;
  let known = readable.get(type);
  if (known === undefined) {
    known = gettersOf(type).every((name) => reads(type, name, copy) || !reads(type, name, error));
    readable.set(type, known);
  }
  return known;
}

/** Names of the getters of a class of errors and those it extends. */
function gettersOf(type: object): string[] {
  const names: string[] = [];
  for (
    let level: object | null = type;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (member.get !== undefined) names.push(name);
    }
  }
  return names;
}

/** Whether the getter `name` of a class works on this error. */
function reads(type: object, name: string, error: object): boolean {
  try {
    Reflect.get(type, name, error);
    return true;
  } catch {
    return false;
  }
}
