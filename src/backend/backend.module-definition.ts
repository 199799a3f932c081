import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { BackendModuleOptions } from './backend.options.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: BACKEND_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<BackendModuleOptions>({
  // Nest's message tells it, where nobody has called it.
  optionsInjectionToken: 'BackendModule.forRoot()',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBackendOptions')
  .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({
    ...definition,
    global: isGlobal,
  }))
  .build();
