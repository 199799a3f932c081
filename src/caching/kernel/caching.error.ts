/** What every error of caching is an instance of. */
export abstract class CachingError extends Error {
  /** Stable identification, `BREAKWATER_…`. */
  abstract readonly code: string;
}

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

/** A loader said "not modified" although it was given no value that could be meant. */
export class NotModifiedError extends CachingError {
  override readonly name = 'NotModifiedError';
  readonly code = 'BREAKWATER_NOT_MODIFIED';

  constructor() {
    super('A loader answered "not modified" without having been given a previous value');
  }
}

/** One cache too many was asked for. Names of caches are not to be made from requests. */
export class TooManyCachesError extends CachingError {
  override readonly name = 'TooManyCachesError';
  readonly code = 'BREAKWATER_TOO_MANY_CACHES';

  constructor(
    /** How many there may be. */
    readonly limit: number,
  ) {
    super(`There are ${limit} caches already, which is the limit; use tags to tell groups apart`);
  }
}
