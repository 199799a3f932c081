import { loadBuilt } from '../built.mjs';
import { openFlights } from './coalescing.mjs';

const { CachingService } = await loadBuilt('caching/index.js');

const HOUR_MS = 3_600_000;
const AMPLE_BYTES = 2 ** 32;

/** What only hits need never be called. */
export function neverLoad() {
  throw new Error('a hit was none');
}

/** A cache that has nothing yet. @param {number} [maxEntries] */
export function openCache(maxEntries = 1_000) {
  return new CachingService({
    coalescer: openFlights().default,
    policy: { freshMs: HOUR_MS, staleMs: HOUR_MS },
    memory: { maxEntries, maxBytes: AMPLE_BYTES },
  }).cache('guarded');
}

/**
 * A cache that has as many fresh entries.
 *
 * @param {number} entries
 */
export function warmCache(entries) {
  const cache = openCache(entries);
  const keys = Array.from({ length: entries }, (_, i) => `product:${i}`);
  for (const key of keys) cache.set(key, { key });
  return { cache, keys };
}
