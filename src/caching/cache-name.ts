import { InvalidCachingOptionError } from './kernel/invalid-caching-option.error.js';

/** Short, and without what makes logs and metrics unreadable. */
const NAME = /^[^\s\p{Control}\p{Surrogate}]{1,256}$/u;

/**
 * Checks the name of a cache.
 * @throws {@link InvalidCachingOptionError}
 */
export function demandCacheName(name: string): void {
  if (typeof name === 'string' && NAME.test(name)) return;
  throw new InvalidCachingOptionError('name', name, '1 to 256 characters without white space');
}
