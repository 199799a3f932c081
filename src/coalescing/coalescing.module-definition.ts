import { ConfigurableModuleBuilder } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CoalescingExceptionFilter } from './coalescing.exception-filter.js';
import type { CoalescingModuleOptions } from './coalescing-options.interface.js';

/** What is said about the module itself. */
export interface CoalescingModuleExtras {
  /**
   * Whether every module can inject what this one exports. `forFeature` relies on it.
   * @default true
   */
  isGlobal?: boolean;
  /**
   * Whether `CoalescingExceptionFilter` answers what coalescing refuses in the whole application: over
   * HTTP by 503 with `Retry-After`, 414 and 504.
   * @default true
   */
  answerRefusals?: boolean;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: COALESCING_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<CoalescingModuleOptions>({
  // Nest's message tells it, where nobody has called it.
  optionsInjectionToken: 'CoalescingModule.forRoot()',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createCoalescingOptions')
  .setExtras<CoalescingModuleExtras>(
    { isGlobal: true, answerRefusals: true },
    (definition, { isGlobal, answerRefusals }) => ({
      ...definition,
      global: isGlobal,
      providers: [
        ...(definition.providers ?? []),
        ...(answerRefusals ? [{ provide: APP_FILTER, useClass: CoalescingExceptionFilter }] : []),
      ],
    }),
  )
  .build();
