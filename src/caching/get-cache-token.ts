import { DEFAULT_CACHE } from './caching.constants.js';

/** Injection token of the cache `name`, for `overrideProvider` and custom providers. */
export function getCacheToken(name: string = DEFAULT_CACHE): string {
  return `breakwater:cache:${name}`;
}
