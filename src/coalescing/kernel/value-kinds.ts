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
