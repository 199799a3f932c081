import { CachingError } from './caching.error.js';

/** An option cannot work. The message quotes its path and value. Thrown at declaration, never later. */
export class InvalidCachingOptionError extends CachingError {
  override readonly name = 'InvalidCachingOptionError';
  readonly code = 'BREAKWATER_INVALID_CACHING_OPTION';

  constructor(
    /** Where the option stands, such as `caches.products.freshMs`. */
    readonly path: string,
    /** The offending value. */
    readonly value: unknown,
    /** What it has to be. */
    readonly expected: string,
  ) {
    super(`Caching option "${path}" must be ${expected}, got ${quote(value)}`);
  }
}

function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : 'an object';
  }
  return typeof value === 'function' ? 'a function' : String(value);
}
