import { moduleBuilder } from '../module-options/index.js';
import type { ClusterModuleOptions } from './cluster.options.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: CLUSTER_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<ClusterModuleOptions, 'createClusterOptions'>('ClusterModule').build();
