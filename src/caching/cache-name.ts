import { InvalidOptionError } from '../ground/index.js';

/** Short, and without what makes logs and metrics unreadable. */
const NAME = /^[^\s\p{Control}\p{Surrogate}]{1,256}$/u;

/**
 * Checks the name of a cache.
 * @throws {@link InvalidOptionError}
 */
export function demandCacheName(name: string): void {
  if (typeof name === 'string' && NAME.test(name)) return;
  throw new InvalidOptionError('caches.name', name, '1 to 256 characters without white space');
}
