import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  OBSERVED,
  checkedAsync,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { ConfigurableModuleClass } from './gateway.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './gateway.module-definition.js';
import { GatewayHealthIndicator } from './gateway.health.js';
import { GatewayMiddleware } from './gateway.middleware.js';
import { GatewayService } from './gateway.service.js';

/**
 * Stands in front of HTTP APIs. Imported once; needs `CoalescingModule`, `CircuitBreakerModule`,
 * `CachingModule` and `BackendModule`, which are global by default.
 */
@Module({
  providers: [
    refuseBareImport('GatewayModule'),
    GatewayService,
    GatewayMiddleware,
    GatewayHealthIndicator,
    {
      provide: OBSERVED.fastPath,
      useFactory: ({ hits }: GatewayService) => hits,
      inject: [GatewayService],
    },
    {
      provide: OBSERVED.gateway,
      useFactory: ({ insight }: GatewayService) => insight,
      inject: [GatewayService],
    },
  ],
  exports: [GatewayService, GatewayMiddleware, GatewayHealthIndicator, OBSERVED.gateway],
})
export class GatewayModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported more than once: there is one set of rules */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, GatewayModule, { features: false });
  }

  /** @param options the rules; `isGlobal` is `true` by default */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return super.forRoot(demandOptions(options, 'GatewayModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('GatewayModule', options, (given) => super.forRootAsync(given));
  }
}
