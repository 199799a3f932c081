export type { CachedOptions } from './cached-options.interface.js';
export { Cached } from './cached.decorator.js';
export type { CacheableMethod, CachedDecorator } from './cached.decorator.js';
export type {
  CachingModuleOptions,
  CachingOptionsFactory,
  NamedCacheOptions,
} from './caching-module-options.interface.js';
export type { CachingOptions } from './caching-options.interface.js';
export type { CachingPorts } from './caching-ports.js';
export { CACHING_CHANNEL } from './caching.channel.js';
export { CACHE_FLIGHTS, DEFAULT_CACHE, SHARED_TIER } from './caching.constants.js';
export { CachingHealthIndicator } from './caching.health-indicator.js';
export type { BriefCachingReport, CachingReport } from './caching.health-indicator.js';
export { CACHING_OPTIONS } from './caching.module-definition.js';
export type { CachingModuleExtras } from './caching.module-definition.js';
export { CachingModule } from './caching.module.js';
export { CachingService } from './caching.service.js';
export type { CachingHealth } from './caching.service.js';
export type { TestApi } from './contract/test-api.js';
export { tierContract } from './contract/tier-contract.js';
export type { TierUnderTest } from './contract/tier-contract.js';
export { tierRecordOf } from './contract/tier-record-of.js';
export { CacheMoment } from './cache-moment.js';
export { getCacheToken } from './get-cache-token.js';
export { InjectCache } from './inject-cache.decorator.js';
export type { ApplyOptions, InvalidationListener } from './invalidation-hub.js';
export * from './kernel/index.js';
export type { LookUpOptions, SetOptions } from './look-up-options.interface.js';
export { MissingFlightRunnerError } from './missing-flight-runner.error.js';
export { NamedCache } from './named-cache.js';
export { parseStorageKey } from './storage-key.js';
export { DiskTier } from './tiers/disk/index.js';
export type { DiskTierOptions } from './tiers/disk/index.js';
export type { GuardedTierHealth, TierBounds } from './tiers/guarded-tier.js';
export type { MemoryBounds } from './tiers/memory/memory-tier.js';
export type {
  InvalidationFacts,
  SharedOutcome,
  SharedTier,
  SharedTierListener,
  TierClaim,
  TierLease,
  TierWish,
} from './tiers/shared-tier.js';
export type { Tier, TierHealth, TierRecord } from './tiers/tier.js';
export { TooManyCachesError } from './too-many-caches.error.js';
export { v8Codec } from './value-codec.js';
export type { ValueCodec } from './value-codec.js';
