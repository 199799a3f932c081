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
import { CoalesceExplorer } from './coalesce.explorer.js';
import { coalescerProviders } from './coalescer.providers.js';
import type { NamedCoalescerOptions } from './coalescing-options.interface.js';
import { CoalescingHealthIndicator } from './coalescing.health-indicator.js';
import { COALESCING_OPTIONS, ConfigurableModuleClass } from './coalescing.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './coalescing.module-definition.js';
import { CoalescingService } from './coalescing.service.js';
import { getCoalescerToken } from './coalescing.tokens.js';

/** What `CoalescingModule.forFeature()` makes: providers of named coalescers. */
@Module({})
export class CoalescingFeatureModule {}

const DEFAULT_COALESCER_PROVIDER = {
  provide: getCoalescerToken(),
  inject: [CoalescingService],
  useFactory: (service: CoalescingService) => service.default,
};

const ASYNC: AsyncModule = {
  name: 'CoalescingModule',
  token: COALESCING_OPTIONS,
  method: 'createCoalescingOptions',
};

/**
 * Request coalescing for Nest. Imported once, by `forRoot()` or `forRootAsync()`, and then wherever
 * named coalescers are injected, by `forFeature()`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    CoalescingService,
    CoalescingHealthIndicator,
    CoalesceExplorer,
    DEFAULT_COALESCER_PROVIDER,
  ],
  exports: [CoalescingService, CoalescingHealthIndicator, getCoalescerToken()],
})
export class CoalescingModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported more than once: flights are shared within one only */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, CoalescingModule);
  }

  /**
   * @param options of the default coalescer, inherited by all others; `isGlobal` is `true` by default
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(demandOptions(options, 'CoalescingModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync(ASYNC, options, (given) => super.forRootAsync(given));
  }

  /**
   * Declares coalescers by name for `@InjectCoalescer(name)`. Declared in several modules, a name is
   * one and the same coalescer, and its options have to be the same.
   *
   * @example
   * CoalescingModule.forFeature(['prices', { name: 'stock', joinWithinMs: 200 }])
   */
  static forFeature(coalescers: readonly (string | NamedCoalescerOptions)[]): DynamicModule {
    const providers = coalescerProviders(
      demandList(coalescers, 'CoalescingModule.forFeature()', "'products'"),
    );
    return {
      module: CoalescingFeatureModule,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
