import { CachingService, CoalescingService } from '../../dist/index.js';

const AMPLE_BYTES = 4 * 2 ** 30;

/** @type {import('./cache.mjs').OpenCache} */
export function coalescing({ load }) {
  const flights = new CoalescingService({ maxFlights: 100_000 });
  return { ask: (key) => flights.run(key, () => load(key)) };
}

/** Where loaders never call a coalescer, which spares an async context. @type {import('./cache.mjs').OpenCache} */
export function coalescingLeaves({ load }) {
  const flights = new CoalescingService({ maxFlights: 100_000, detectSelfJoin: false });
  return { ask: (key) => flights.run(key, () => load(key)) };
}

/** @param {import('./cache.mjs').CacheOptions} options @param {boolean} [detectSelfJoin] */
function openCache({ ttlMs, maxEntries }, detectSelfJoin = true) {
  return new CachingService({
    coalescer: new CoalescingService({ maxFlights: 100_000, detectSelfJoin }).default,
    // Without jitter all expires at once, as it does elsewhere.
    policy: { freshMs: ttlMs, staleMs: 0, jitter: 0 },
    memory: { maxEntries, maxBytes: AMPLE_BYTES },
  }).cache('measured');
}

/** @type {import('./cache.mjs').OpenCache} */
export function caching(options) {
  const cache = openCache(options);
  const { load } = options;
  return {
    ask: (key) => cache.get(key, () => load(key)),
    put: (key, value) => cache.set(key, value),
  };
}

/** @type {import('./cache.mjs').OpenCache} */
export function cachingLeaves(options) {
  const cache = openCache(options, false);
  const { load } = options;
  return { ask: (key) => cache.get(key, () => load(key)) };
}

/** The fast path: no promise; what is missing is loaded. @type {import('./cache.mjs').OpenCache} */
export function peeking(options) {
  const cache = openCache(options);
  const { load } = options;
  return {
    ask: (key) => cache.peek(key)?.value ?? cache.get(key, () => load(key)),
  };
}
