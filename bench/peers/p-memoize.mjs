import { LRUCache } from 'lru-cache';
import pMemoize from 'p-memoize';

/** It brings no store with a bound; of the usual ones this is the fastest. @type {import('./cache.mjs').OpenCache} */
export function open({ load, ttlMs, maxEntries, keeps }) {
  const cache = keeps && new LRUCache({ max: maxEntries, ttl: ttlMs });
  return { ask: pMemoize(load, { cache }) };
}
