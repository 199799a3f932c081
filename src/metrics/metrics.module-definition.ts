import { text } from '../ground/index.js';
import { globally, moduleBuilder } from '../module-options/index.js';
import type { GlobalModule } from '../module-options/index.js';
import { metricsController } from './metrics.controller.js';
import type { MetricsModuleOptions } from './metrics.options.js';

/** What is said about the module itself. */
export interface MetricsModuleExtras extends GlobalModule {
  /**
   * Path of the page, for GET; `false` for none.
   * @default 'metrics'
   */
  path?: string | false;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: METRICS_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<MetricsModuleOptions, 'createMetricsOptions'>('MetricsModule')
  .setExtras<MetricsModuleExtras>(
    { isGlobal: true, path: 'metrics' },
    (definition, { isGlobal, path = 'metrics' }) => {
      if (path !== false) text.check(path, 'metrics', 'path');
      return {
        ...globally(definition, { isGlobal }),
        controllers: path === false ? [] : [metricsController(path)],
      };
    },
  )
  .build();
