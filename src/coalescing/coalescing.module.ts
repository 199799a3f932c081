import { Module } from '@nestjs/common';
import type { FactoryProvider, DynamicModule } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { checkNamed } from '../ground/index.js';
import {
  OBSERVED,
  demandImported,
  checkedAsync,
  demandList,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { CoalesceExplorer } from './coalesced-methods.js';
import { CoalescingHealthIndicator } from './coalescing.health.js';
import { NAMED_COALESCER_OPTIONS, ConfigurableModuleClass } from './coalescing.options.js';
import type {
  NamedCoalescerOptions,
  ASYNC_OPTIONS_TYPE,
  OPTIONS_TYPE,
} from './coalescing.options.js';
import { CoalescingService } from './coalescing.service.js';
import { getCoalescerToken } from './coalescing.tokens.js';
import type { Coalescer } from './kernel/index.js';

/** The providers of named coalescers, each declared when it is first needed. @throws InvalidOptionError */
function coalescerProviders(
  coalescers: readonly (string | NamedCoalescerOptions)[],
): FactoryProvider<Coalescer>[] {
  return coalescers.map((coalescer) => {
    checkNamed(NAMED_COALESCER_OPTIONS, coalescer, 'coalescers');
    const { name, ...options } = typeof coalescer === 'string' ? { name: coalescer } : coalescer;
    return {
      provide: getCoalescerToken(name),
      inject: [{ token: CoalescingService, optional: true }],
      useFactory: (service?: CoalescingService) => {
        const who = `CoalescingModule.forFeature() declares "${name}"`;
        const own = typeof coalescer === 'string' ? undefined : options;
        return demandImported(
          service,
          who,
          'CoalescingService',
          'CoalescingModule.forRoot()',
        ).declare(name, own);
      },
    };
  });
}

/** What `CoalescingModule.forFeature()` makes: providers of named coalescers. */
@Module({})
export class CoalescingFeatureModule {}

const DEFAULT_COALESCER_PROVIDER = {
  provide: getCoalescerToken(),
  inject: [CoalescingService],
  useFactory: (service: CoalescingService) => service.default,
};

/**
 * Request coalescing for Nest. Imported once, by `forRoot()` or `forRootAsync()`, and then wherever
 * named coalescers are injected, by `forFeature()`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    refuseBareImport('CoalescingModule'),
    CoalescingService,
    CoalescingHealthIndicator,
    CoalesceExplorer,
    DEFAULT_COALESCER_PROVIDER,
    { provide: OBSERVED.coalescing, useExisting: CoalescingService },
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
    return checkedAsync('CoalescingModule', options, (given) => super.forRootAsync(given));
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
