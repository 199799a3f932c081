import { CachingError } from './kernel/caching.error.js';

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
