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

/** Arrays and objects of no class, whichever realm they come from. */
export function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
