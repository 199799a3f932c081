import type { FactoryProvider } from '@nestjs/common';
import { CoalescingService } from '../coalescing/index.js';
import { checkNamed } from '../ground/index.js';
import { demandImported } from '../module-options/index.js';
import { CACHING_OPTIONS } from './caching.module-definition.js';
import { CACHING_MODULE_OPTIONS, NAMED_CACHE_OPTIONS } from './caching.options.js';
import type { CachingModuleOptions, NamedCacheOptions } from './caching.options.js';
import { CachingService } from './caching.service.js';
import { SHARED_TIER, getCacheToken } from './caching.tokens.js';
import type { NamedCache } from './kernel/named-cache.js';
import type { SharedTier } from './kernel/tier.js';
import { systemCachingPorts } from './system-caching-ports.js';

/** The provider of the service. */
export const CACHING_SERVICE_PROVIDER: FactoryProvider<CachingService> = {
  provide: CachingService,
  inject: [
    CACHING_OPTIONS,
    { token: CoalescingService, optional: true },
    { token: SHARED_TIER, optional: true },
  ],
  useFactory: (given: CachingModuleOptions, coalescing?: CoalescingService, tier?: SharedTier) => {
    CACHING_MODULE_OPTIONS.check(given, 'caching');
    const {
      clock = systemCachingPorts.clock,
      scheduler = systemCachingPorts.scheduler,
      random = systemCachingPorts.random,
      coalescer = coalescing?.default,
      shared = tier,
      ...options
    } = given;
    return new CachingService({ ...options, coalescer, shared }, { clock, scheduler, random });
  },
};

/**
 * The providers of named caches, each made when it is first needed.
 *
 * @throws {@link InvalidOptionError}
 */
export function cacheProviders(
  caches: readonly (string | NamedCacheOptions)[],
): FactoryProvider<NamedCache>[] {
  return caches.map((cache) => {
    checkNamed(NAMED_CACHE_OPTIONS, cache, 'caches');
    const { name, ...policy } = typeof cache === 'string' ? { name: cache } : cache;
    return {
      provide: getCacheToken(name),
      inject: [{ token: CachingService, optional: true }],
      useFactory: (service?: CachingService) => {
        const who = `CachingModule.forFeature() declares "${name}"`;
        const own = typeof cache === 'string' ? undefined : policy;
        return demandImported(service, who, 'CachingService', 'CachingModule.forRoot()').cache(
          name,
          own,
        );
      },
    };
  });
}
