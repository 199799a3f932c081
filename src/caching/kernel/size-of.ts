/** A number, a boolean, a reference, the header of an object: a word or two. */
const WORD = 8;
const OBJECT = 32;

/**
 * Estimates the memory that `value` takes, in bytes: bytes as they are (their own, not the buffer they
 * are a view of), strings with two bytes a code unit, a word for each number and reference, 32 bytes
 * for each object. What several members refer to is counted once. Functions, and what only getters
 * return, are not counted.
 *
 * @param limit where it stops counting and returns what it has: something above `limit`
 */
export function sizeOf(value: unknown, limit = Infinity): number {
  const seen = new Set<object>();
  const pending: unknown[] = [value];
  let bytes = 0;
  while (pending.length > 0 && bytes <= limit) {
    const next = pending.pop();
    if (typeof next === 'string') bytes += WORD + 2 * next.length;
    else if (typeof next !== 'object' || next === null) bytes += WORD;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += OBJECT + ownBytes(next, pending);
    }
  }
  return bytes;
}

/** Bytes of `object` itself; what it holds is added to `pending`. */
function ownBytes(object: object, pending: unknown[]): number {
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return object.byteLength;
  if (Array.isArray(object)) {
    for (const item of object) pending.push(item);
    return 0;
  }
  if (object instanceof Map || object instanceof Set) {
    for (const [key, item] of object.entries()) pending.push(key, item);
    return 0;
  }
  let names = 0;
  for (const name of Object.getOwnPropertyNames(object)) {
    names += 2 * name.length;
    pending.push(Object.getOwnPropertyDescriptor(object, name)?.value);
  }
  return names;
}
