import { CachingError } from './caching.error.js';

/** A part of a key has no unambiguous, stable text: a function, a symbol, an instance of a class. */
export class InvalidCacheKeyError extends CachingError {
  override readonly name = 'InvalidCacheKeyError';
  readonly code = 'BREAKWATER_INVALID_CACHE_KEY';

  constructor(
    /** What the part is. */
    readonly found: string,
  ) {
    super(
      `A cache key is made of strings, numbers, booleans, null and lists of these; got ${found}`,
    );
  }
}
