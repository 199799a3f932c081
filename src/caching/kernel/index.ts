export { keyText, parseStorageKey, PreparedKey } from './cache-key.js';
export type { CacheKey } from './cache-key.js';
export type { KeyPart, Random } from '../../ground/index.js';
export { CACHE_POLICY_OPTIONS, DEFAULT_CACHE_POLICY, resolveCachePolicy } from './cache-policy.js';
export type { CacheOptions, CachePolicy, CachePolicyOptions } from './cache-policy.js';
export type {
  CacheResult,
  ServedAs,
  StaleBecause,
  StoredValue,
  UnstoredBecause,
} from './cache-entry.js';
export type {
  CacheCounters,
  CacheEvent,
  CacheEvents,
  KeyEvent,
  CachingPorts,
} from './cache-telemetry.js';
export type { CacheCoalescer, CachingOptions } from './cache-context.js';
export {
  CachingError,
  InvalidCacheKeyError,
  NotModifiedError,
  TooManyCachesError,
} from './caching.error.js';
export type { Invalidation } from './epochs.js';
export {
  ageMs,
  isExpired,
  isFresh,
  isKept,
  mayReplaceError,
  ttlMs,
  usefulMs,
  withinStaleWindow,
} from './freshness.js';
export type { KeptLifetime, Lifetime } from './freshness.js';
export type { GuardedTierHealth, TierBounds } from './guarded-tier.js';
export type { ApplyOptions, InvalidateOptions, InvalidationListener } from './invalidation-hub.js';
export { frameCodec } from './frame-codec.js';
export type { Framed } from './frame-codec.js';
export { LoadOutcome } from './load-outcome.js';
export type { CacheLoader, LoadContext, ValueFacts, ValueLifetime } from './load-outcome.js';
export { CacheMoment } from './look-up-options.js';
export type { LookUpOptions, SetOptions } from './look-up-options.js';
export type { MemoryBounds } from './memory-tier.js';
export type { HeldValue, KeyReport, NextLookUp } from './key-report.js';
export { NamedCache } from './named-cache.js';
export type { BackoffBounds } from './refresh-backoff.js';
export type { Outage } from './refresh-outages.js';
export { outdatedRecord } from './tier.js';
export type {
  Drop,
  InvalidationFacts,
  SharedOutcome,
  SharedTier,
  SharedTierListener,
  Tier,
  TierClaim,
  TierHealth,
  TierLease,
  TierRecord,
  TierClaimOptions,
  ValueCodec,
} from './tier.js';
