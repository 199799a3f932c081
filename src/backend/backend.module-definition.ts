import { moduleBuilder, globally } from '../module-options/index.js';
import type { BackendModuleOptions } from './backend.options.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: BACKEND_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<BackendModuleOptions, 'createBackendOptions'>('BackendModule')
  .setExtras({ isGlobal: true }, globally)
  .build();
