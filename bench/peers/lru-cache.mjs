import { LRUCache } from 'lru-cache';

/** @param {import('./cache.mjs').CacheOptions} options @param {object} [more] */
function cacheOf({ load, ttlMs, maxEntries }, more) {
  return new LRUCache({ max: maxEntries, ttl: ttlMs, fetchMethod: load, ...more });
}

/** @type {import('./cache.mjs').OpenCache} */
export function fetching(options) {
  const cache = cacheOf(options);
  return { ask: (key) => cache.fetch(key) };
}

/** @type {import('./cache.mjs').OpenCache} */
export function getting(options) {
  const cache = cacheOf(options);
  return { ask: (key) => cache.get(key) ?? cache.fetch(key) };
}

/** A timer for each entry, which frees its room as soon as it expires. @type {import('./cache.mjs').OpenCache} */
export function purging(options) {
  const cache = cacheOf(options, { ttlAutopurge: true });
  return { ask: (key) => cache.fetch(key) };
}
