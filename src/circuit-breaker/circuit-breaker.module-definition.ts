import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CircuitBreakerModuleOptions } from './circuit-breaker-module-options.interface.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<CircuitBreakerModuleOptions>({
    optionsInjectionToken: 'BREAKWATER_CIRCUIT_BREAKER_OPTIONS',
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createCircuitBreakerOptions')
    // Global unless told otherwise: `forFeature` and `@UseCircuitBreaker` work wherever they stand.
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal,
    }))
    .build();
