import { Module } from '@nestjs/common';
import type { FactoryProvider, DynamicModule } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { CoalescingService } from '../coalescing/index.js';
import { checkNamed, runtimeOf } from '../ground/index.js';
import {
  OBSERVED,
  demandImported,
  checkedAsync,
  demandList,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { CachedExplorer } from './cached-names.js';
import { CachingHealthIndicator } from './caching.health.js';
import {
  CACHING_OPTIONS,
  CACHING_MODULE_OPTIONS,
  NAMED_CACHE_OPTIONS,
  ConfigurableModuleClass,
} from './caching.options.js';
import type {
  CachingModuleOptions,
  NamedCacheOptions,
  ASYNC_OPTIONS_TYPE,
  OPTIONS_TYPE,
} from './caching.options.js';
import { CachingService } from './caching.service.js';
import { SHARED_TIER, getCacheToken } from './caching.tokens.js';
import type { NamedCache } from './kernel/named-cache.js';
import type { SharedTier } from './kernel/tier.js';

export const CACHING_SERVICE_PROVIDER: FactoryProvider<CachingService> = {
  provide: CachingService,
  inject: [
    CACHING_OPTIONS,
    { token: CoalescingService, optional: true },
    { token: SHARED_TIER, optional: true },
  ],
  useFactory: (given: CachingModuleOptions, coalescing?: CoalescingService, tier?: SharedTier) => {
    CACHING_MODULE_OPTIONS.check(given, 'caching');
    const { clock, scheduler, random, ...options } = given;
    const { coalescer = coalescing?.default, shared = tier } = options;
    const runtime = runtimeOf({ clock, scheduler, random });
    return new CachingService({ ...options, coalescer, shared }, runtime);
  },
};

/** The providers of named caches, each made when it is first needed. @throws InvalidOptionError */
function cacheProviders(
  caches: readonly (string | NamedCacheOptions)[],
): FactoryProvider<NamedCache>[] {
  return caches.map((cache) => {
    checkNamed(NAMED_CACHE_OPTIONS, cache, 'caches');
    const { name, ...options } = typeof cache === 'string' ? { name: cache } : cache;
    return {
      provide: getCacheToken(name),
      inject: [{ token: CachingService, optional: true }],
      useFactory: (service?: CachingService) => {
        const who = `CachingModule.forFeature() declares "${name}"`;
        const own = typeof cache === 'string' ? undefined : options;
        return demandImported(service, who, 'CachingService', 'CachingModule.forRoot()').cache(
          name,
          own,
        );
      },
    };
  });
}

/** What `CachingModule.forFeature()` imports: the providers of named caches. */
@Module({})
export class CachingFeatureModule {}

const DEFAULT_CACHE_PROVIDER = {
  provide: getCacheToken(),
  inject: [CachingService],
  useFactory: (service: CachingService) => service.cache(),
};

/**
 * Caching with tiers for Nest. Imported once, by `forRoot()` or `forRootAsync()`, and then wherever
 * named caches are injected, by `forFeature()`. Flights run in the default coalescer of `CoalescingModule`
 * where that is imported, and else in one of the caches' own.
 *
 * @example
 * imports: [
 *   CachingModule.forRoot({ policy: { freshMs: 5_000 } }),
 *   CachingModule.forFeature(['products']),
 * ]
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    refuseBareImport('CachingModule'),
    CACHING_SERVICE_PROVIDER,
    CachingHealthIndicator,
    CachedExplorer,
    DEFAULT_CACHE_PROVIDER,
    { provide: OBSERVED.caching, useExisting: CachingService },
  ],
  exports: [CachingService, CachingHealthIndicator, getCacheToken()],
})
export class CachingModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported more than once: tiers are shared within one only */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, CachingModule);
  }

  /** @param options of all caches; `isGlobal` is `true` by default */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(demandOptions(options, 'CachingModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('CachingModule', options, (given) => super.forRootAsync(given));
  }

  /**
   * Declares caches by name for `@InjectCache(name)`. Declared in several modules, a name is one and the
   * same cache, and its policy has to be the same.
   *
   * @example
   * CachingModule.forFeature(['products', { name: 'rates', freshMs: 1_000 }])
   */
  static forFeature(caches: readonly (string | NamedCacheOptions)[]): DynamicModule {
    const providers = cacheProviders(
      demandList(caches, 'CachingModule.forFeature()', "'products'"),
    );
    return {
      module: CachingFeatureModule,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
