import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { InjectionToken } from '@nestjs/common';
import type { CachingModuleOptions } from './caching.options.js';
import { CACHE_FLIGHTS } from './caching.tokens.js';

/** What is said about the module itself. */
export interface CachingModuleExtras {
  /**
   * Whether every module can inject what this one exports. `forFeature` relies on it.
   * @default true
   */
  isGlobal?: boolean;
  /**
   * Provider that coalesces the caches' calls, if the option `flights` names nobody: for instance
   * `CoalescingService`. It has to be visible here, as what a global module exports is.
   */
  flightsFrom?: InjectionToken;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: CACHING_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<CachingModuleOptions>({ moduleName: 'Caching' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createCachingOptions')
  .setExtras<CachingModuleExtras>(
    { isGlobal: true, flightsFrom: undefined },
    (definition, { isGlobal, flightsFrom }) => {
      const providers = [...(definition.providers ?? [])];
      if (flightsFrom) providers.push({ provide: CACHE_FLIGHTS, useExisting: flightsFrom });
      return { ...definition, global: isGlobal, providers };
    },
  )
  .build();
