import { createCache } from 'cache-manager';

/** In its default store, a map without bound: the one for which it does not serialise. @type {import('./cache.mjs').OpenCache} */
export function open({ load, ttlMs }) {
  const cache = createCache({ ttl: ttlMs });
  return { ask: (key) => cache.wrap(key, () => load(key)) };
}
