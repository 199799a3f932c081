// Who shares flights, and who keeps what they bring. A contender is opened with the same loader and
// bounds as the others, in its best sensible configuration.
import { versionOf } from '../harness/versions.mjs';

/**
 * @typedef {object} CacheOptions
 * @property {(key: string) => Promise<unknown>} load
 * @property {number} ttlMs
 * @property {number} maxEntries
 * @property {boolean} keeps whether values are to be kept; else only calls under way are shared
 */

/**
 * @typedef {object} Cache
 * @property {(key: string) => unknown} ask the value of a key or, as a rule, a promise of it
 * @property {(key: string, value: unknown) => void} [put] stores a value, where that is faster
 */

/** @typedef {(options: CacheOptions) => Cache} OpenCache */

const OURS = './breakwater-caching.mjs';
const BY_HAND = './by-hand.mjs';

/** Module and export of each contender: in each process only one of them is loaded. */
const CACHES = {
  'Map of promises, by hand': ['limit', BY_HAND, 'flights'],
  'Map of promises in an async context, by hand': ['peer', BY_HAND, 'flightsInContext'],
  'Map, by hand': ['limit', BY_HAND, 'map'],
  'Map with TTL and LRU, by hand': ['limit', BY_HAND, 'ttlAndLru'],
  'Breakwater CoalescingService': ['ours', OURS, 'coalescing'],
  'Breakwater, detectSelfJoin off': ['ours', OURS, 'coalescingLeaves'],
  'Breakwater NamedCache.get': ['ours', OURS, 'caching'],
  'Breakwater NamedCache.get, detectSelfJoin off': ['ours', OURS, 'cachingLeaves'],
  'Breakwater NamedCache.peek (synchronous)': ['ours', OURS, 'peeking'],
  'lru-cache fetch': ['peer', './lru-cache.mjs', 'fetching', 'lru-cache'],
  'lru-cache get (synchronous)': ['peer', './lru-cache.mjs', 'getting', 'lru-cache'],
  'lru-cache fetch, ttlAutopurge': ['peer', './lru-cache.mjs', 'purging', 'lru-cache'],
  'p-memoize': ['peer', './p-memoize.mjs', 'open', 'p-memoize'],
  'async-cache-dedupe': ['peer', './async-cache-dedupe.mjs', 'open', 'async-cache-dedupe'],
  dataloader: ['peer', './dataloader.mjs', 'open', 'dataloader'],
  'cache-manager': ['peer', './cache-manager.mjs', 'open', 'cache-manager'],
  cacheable: ['peer', './cacheable.mjs', 'open', 'cacheable'],
  'cacheable, checkInterval': ['peer', './cacheable.mjs', 'sweeping', 'cacheable'],
  bentocache: ['peer', './bentocache.mjs', 'open', 'bentocache'],
};

/**
 * The contenders called `names`, without how they are measured.
 *
 * @param {readonly (keyof typeof CACHES)[]} names
 */
export function cacheContenders(names) {
  return names.map((name) => {
    const [role, , , pack] = CACHES[name];
    return { name, role, ...(pack && { version: versionOf(pack) }) };
  });
}

/**
 * Opens the contender called `name`.
 *
 * @param {string} name
 * @param {CacheOptions} options
 * @returns {Promise<Cache>}
 */
export async function openCache(name, options) {
  const [, file, open] = CACHES[name];
  const module = await import(file);
  return module[open](options);
}
