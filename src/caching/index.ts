export { Cached } from './cached.decorator.js';
export type { CacheableMethod, CachedDecorator, CachedOptions } from './cached.decorator.js';
export { CachingHealthIndicator } from './caching.health.js';
export type { BriefCachingReport, CachingReport } from './caching.health.js';
export { CACHING_OPTIONS, v8Codec } from './caching.options.js';
export type {
  CachingModuleExtras,
  CachingModuleOptions,
  CachingOptionsFactory,
  NamedCacheOptions,
} from './caching.options.js';
export { CachingModule } from './caching.module.js';
export { CachingService } from './caching.service.js';
export type { CachingHealth } from './caching.service.js';
export {
  CACHING_CHANNEL,
  DEFAULT_CACHE,
  getCacheToken,
  InjectCache,
  SHARED_TIER,
} from './caching.tokens.js';
export * from './kernel/index.js';
export { DiskTier } from './tiers/disk/disk.tier.js';
export type { DiskTierOptions } from './tiers/disk/disk-tier.options.js';
