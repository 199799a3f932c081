import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CoalescingModuleOptions } from './coalescing-options.interface.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: COALESCING_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<CoalescingModuleOptions>({ moduleName: 'Coalescing' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createCoalescingOptions')
  .setExtras<{
    /**
     * Whether every module can inject what this one exports. `forFeature` relies on it.
     * @default true
     */
    isGlobal?: boolean;
  }>({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
  .build();
