import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { ClusterModuleOptions } from './cluster-module-options.interface.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: CLUSTER_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<ClusterModuleOptions>({
  // Nest's message tells it, where nobody has called it.
  optionsInjectionToken: 'ClusterModule.forRoot()',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createClusterOptions')
  .build();
