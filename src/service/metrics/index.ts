export { MetricsService, RequestCounts } from '../../metrics/index.js';
export { ServiceMetricsModule } from './service-metrics.module.js';
