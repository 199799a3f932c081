/** Name of the cache that is used where none is named. */
export const DEFAULT_CACHE = 'default';

/** Injection token of the runner named by `CachingModule`'s option `flightsFrom`. */
export const CACHE_FLIGHTS = 'breakwater:cache-flights';
