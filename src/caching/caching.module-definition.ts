import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { demandImported } from '../module-options/index.js';
import type { CachingModuleOptions } from './caching.options.js';
import { CACHE_FLIGHTS } from './caching.tokens.js';
import type { FlightRunner } from './kernel/flight-runner.js';

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

function flightsProvider(token: InjectionToken): FactoryProvider<FlightRunner> {
  const name = typeof token === 'function' ? token.name : String(token);
  return {
    provide: CACHE_FLIGHTS,
    inject: [{ token, optional: true }],
    useFactory: (flights?: FlightRunner) =>
      demandImported(
        flights,
        `CachingModule.forRoot() has flightsFrom: ${name}`,
        name,
        'what provides it, such as CoalescingModule.forRoot(),',
      ),
  };
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: CACHING_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<CachingModuleOptions>({
  // Nest's message tells it, where nobody has called it.
  optionsInjectionToken: 'CachingModule.forRoot()',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createCachingOptions')
  .setExtras<CachingModuleExtras>(
    { isGlobal: true, flightsFrom: undefined },
    (definition, { isGlobal, flightsFrom }) => {
      const providers = [...(definition.providers ?? [])];
      if (flightsFrom) providers.push(flightsProvider(flightsFrom));
      return { ...definition, global: isGlobal, providers };
    },
  )
  .build();
