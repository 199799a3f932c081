export { METRICS, NAMING_LABELS } from './metric-definitions.js';
export type { MetricDefinition, MetricGroup, MetricName } from './metric-definitions.js';
export { MetricsModule } from './metrics.module.js';
export type { MetricsModuleExtras } from './metrics.module-definition.js';
export type { MetricsModuleOptions, MetricsOptionsFactory } from './metrics.options.js';
export { MetricsService } from './metrics.service.js';
export type { AnyRegistry } from './registry-metrics.js';
export { RequestCounts } from './request-source.js';
