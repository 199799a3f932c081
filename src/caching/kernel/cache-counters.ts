/** What happened in one cache since it was made. */
export interface CacheCounters {
  /** Look-ups answered by a fresh value from memory. */
  readonly hits: number;
  /** Look-ups answered by a stale value, errors included. */
  readonly staleHits: number;
  /** Of these, the ones in which the stale value replaced an error. */
  readonly staleIfError: number;
  /** Look-ups that started a flight because there was no value to serve. */
  readonly misses: number;
  /** Look-ups that joined a flight. */
  readonly collapsed: number;
  /** Look-ups that made their own call, since the key's values cannot be shared. */
  readonly passed: number;
  /** Look-ups that ended with an error. */
  readonly errors: number;
  /** Calls of a loader. */
  readonly loads: number;
  /** Refreshes started behind a value that was served. */
  readonly refreshes: number;
  /** Refreshes that failed. */
  readonly refreshFailures: number;
  /** Refreshes that found the value not modified. */
  readonly renewed: number;
  /** Values put into the cache. */
  readonly stored: number;
  /** Values that came too late: invalidated or overtaken while they were computed. */
  readonly fenced: number;
  /** Values that must not be kept, or are too large. */
  readonly uncacheable: number;
  /** Look-ups answered by a tier below memory, fresh or stale. */
  readonly tierHits: number;
  /** Invalidations by key, and of the whole cache. */
  readonly invalidations: number;
}

/** Counters that are being counted. */
export type RunningCounters = { -readonly [name in keyof CacheCounters]: number };

/** All zero. */
export function newCounters(): RunningCounters {
  return {
    hits: 0,
    staleHits: 0,
    staleIfError: 0,
    misses: 0,
    collapsed: 0,
    passed: 0,
    errors: 0,
    loads: 0,
    refreshes: 0,
    refreshFailures: 0,
    renewed: 0,
    stored: 0,
    fenced: 0,
    uncacheable: 0,
    tierHits: 0,
    invalidations: 0,
  };
}
