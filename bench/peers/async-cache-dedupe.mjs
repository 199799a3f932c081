import { createCache } from 'async-cache-dedupe';

/** With keys that are strings, which spares it to serialise them. @type {import('./cache.mjs').OpenCache} */
export function open({ load, ttlMs, maxEntries, keeps }) {
  const cache = createCache({
    ttl: keeps ? Math.ceil(ttlMs / 1_000) : 0,
    storage: { type: 'memory', options: { size: maxEntries } },
  });
  cache.define('ask', load);
  return { ask: cache.ask };
}
