import { CachingError } from './caching.error.js';

/**
 * What was given is no key: it is neither text nor a list, or a part of it has no unambiguous, stable
 * text: a function, a symbol, an instance of a class.
 */
export class InvalidCacheKeyError extends CachingError {
  override readonly name = 'InvalidCacheKeyError';
  readonly code = 'BREAKWATER_INVALID_CACHE_KEY';

  constructor(
    /** What it, or its part, is. */
    readonly found: string,
    expected = 'is made of strings, numbers, booleans, null and lists of these',
  ) {
    super(`A cache key ${expected}; got ${found}`);
  }
}
