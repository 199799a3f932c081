import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CachingModuleOptions } from './caching.options.js';

/** What is said about the module itself. */
export interface CachingModuleExtras {
  /**
   * Whether every module can inject what this one exports. `forFeature` relies on it.
   * @default true
   */
  isGlobal?: boolean;
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
  .setExtras<CachingModuleExtras>({ isGlobal: true }, (definition, { isGlobal }) => ({
    ...definition,
    global: isGlobal,
  }))
  .build();
