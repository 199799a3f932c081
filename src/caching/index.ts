export { Cached } from './cached.decorator.js';
export type { CacheableMethod, CachedDecorator, CachedOptions } from './cached.decorator.js';
export { CachingHealthIndicator } from './caching.health-indicator.js';
export type { BriefCachingReport, CachingReport } from './caching.health-indicator.js';
export { CACHING_OPTIONS } from './caching.module-definition.js';
export type { CachingModuleExtras } from './caching.module-definition.js';
export { CachingModule } from './caching.module.js';
export type {
  CachingModuleOptions,
  CachingOptionsFactory,
  NamedCacheOptions,
} from './caching.options.js';
export { CachingService } from './caching.service.js';
export type { CachingHealth } from './caching.service.js';
export { DEFAULT_CACHE, getCacheToken, InjectCache, SHARED_TIER } from './caching.tokens.js';
export * from './kernel/index.js';
export { CACHING_CHANNEL } from './system-caching-ports.js';
export { DiskTier } from './tiers/disk/index.js';
export type { DiskTierOptions } from './tiers/disk/index.js';
export { v8Codec } from './v8-codec.js';
