import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import {
  checkedAsync,
  demandList,
  demandOptions,
  refuseSecondImport,
} from '../module-options/index.js';
import type { AsyncModule } from '../module-options/index.js';
import { CachedExplorer } from './cached.explorer.js';
import { CachingHealthIndicator } from './caching.health-indicator.js';
import { CACHING_OPTIONS, ConfigurableModuleClass } from './caching.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './caching.module-definition.js';
import type { NamedCacheOptions } from './caching.options.js';
import { CACHING_SERVICE_PROVIDER, cacheProviders } from './caching.providers.js';
import { CachingService } from './caching.service.js';
import { getCacheToken } from './caching.tokens.js';

/** What `CachingModule.forFeature()` imports: the providers of named caches. */
@Module({})
export class CachingFeatureModule {}

const DEFAULT_CACHE_PROVIDER = {
  provide: getCacheToken(),
  inject: [CachingService],
  useFactory: (service: CachingService) => service.cache(),
};

const ASYNC: AsyncModule = {
  name: 'CachingModule',
  token: CACHING_OPTIONS,
  method: 'createCachingOptions',
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
    CACHING_SERVICE_PROVIDER,
    CachingHealthIndicator,
    CachedExplorer,
    DEFAULT_CACHE_PROVIDER,
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
    return checkedAsync(ASYNC, options, (given) => super.forRootAsync(given));
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
