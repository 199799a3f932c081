export type { HealthResult } from './health-result.js';
