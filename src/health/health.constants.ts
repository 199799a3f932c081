/** Injection token of the {@link HealthReport}s that `/health` asks, in this order. */
export const HEALTH_REPORTS = 'breakwater:health:reports';
