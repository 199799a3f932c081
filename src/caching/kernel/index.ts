export type { CacheCounters } from './cache-counters.js';
export type { CacheEvent, CacheEvents, KeyEvent } from './cache-events.js';
export { keyText, PreparedKey } from './cache-key.js';
export type { CacheKey, KeyPart } from './cache-key.js';
export type { CachePolicy, CachePolicyOptions } from './cache-policy.interface.js';
export type { Outage } from './refresh-outage.js';
export type { CacheResult, ServedAs, StaleBecause, UnstoredBecause } from './cache-result.js';
export { CachingError } from './caching.error.js';
export type {
  FlightOptions,
  FlightRunner,
  FlightValueSharing,
  RunningFlight,
} from './flight-runner.js';
export type { Lifetime } from './freshness.js';
export {
  ageMs,
  isExpired,
  isFresh,
  mayReplaceError,
  ttlMs,
  withinStaleWindow,
} from './freshness.js';
export { InvalidCacheKeyError } from './invalid-cache-key.error.js';
export type { Invalidation } from './invalidation.js';
export type { Random } from './jitter.js';
export type { CacheLoader, LoadContext } from './load-context.js';
export { LoadOutcome } from './load-outcome.js';
export type { ValueFacts } from './load-outcome.js';
export { NotModifiedError } from './not-modified.error.js';
export type { BackoffBounds } from './refresh-backoff.js';
export {
  CACHE_POLICY_OPTIONS,
  DEFAULT_CACHE_POLICY,
  resolveCachePolicy,
} from './resolve-cache-policy.js';
