import { ConfigurableModuleBuilder } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { CircuitBreakerModuleOptions } from './circuit-breaker-module-options.interface.js';
import { CircuitOpenExceptionFilter } from './circuit-open.filter.js';

/** What is said about the module itself. */
export interface CircuitBreakerModuleExtras {
  /**
   * Whether every module can inject what this one exports. `forFeature` and `@UseCircuitBreaker` rely
   * on it.
   * @default true
   */
  isGlobal?: boolean;
  /**
   * Whether `CircuitOpenExceptionFilter` answers refusals in the whole application, those of injected
   * circuits too: over HTTP by 503 with `Retry-After`.
   * @default true
   */
  answerRefusals?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<CircuitBreakerModuleOptions>({
    // Nest's message tells it, where nobody has called it.
    optionsInjectionToken: 'CircuitBreakerModule.forRoot()',
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createCircuitBreakerOptions')
    .setExtras<CircuitBreakerModuleExtras>(
      { isGlobal: true, answerRefusals: true },
      (definition, { isGlobal, answerRefusals }) => ({
        ...definition,
        global: isGlobal,
        providers: [
          ...(definition.providers ?? []),
          ...(answerRefusals
            ? [{ provide: APP_FILTER, useClass: CircuitOpenExceptionFilter }]
            : []),
        ],
      }),
    )
    .build();
