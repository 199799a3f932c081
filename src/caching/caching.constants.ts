/** Name of the cache that is used where none is named. */
export const DEFAULT_CACHE = 'default';

/** Injection token of the {@link SharedTier} that is used where the option `shared` names none. */
export const SHARED_TIER = 'breakwater:shared-tier';

/** Injection token of the runner named by `CachingModule`'s option `flightsFrom`. */
export const CACHE_FLIGHTS = 'breakwater:cache-flights';
