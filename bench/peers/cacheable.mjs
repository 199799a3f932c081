import { Cacheable, createKeyv } from 'cacheable';

/** @param {import('./cache.mjs').CacheOptions} options @param {object} [more] */
function cacheOf({ ttlMs, maxEntries }, more) {
  // Its own store in memory, without the copies that it makes of values by default.
  const primary = createKeyv({ lruSize: maxEntries, useClone: false, ...more });
  return new Cacheable({ primary, ttl: ttlMs });
}

/** @type {import('./cache.mjs').OpenCache} */
export function open(options) {
  const cache = cacheOf(options);
  return { ask: (key) => cache.getOrSet(key, () => options.load(key)) };
}

/** Sweeps what has expired once a second. @type {import('./cache.mjs').OpenCache} */
export function sweeping(options) {
  const cache = cacheOf(options, { checkInterval: 1_000 });
  return { ask: (key) => cache.getOrSet(key, () => options.load(key)) };
}
