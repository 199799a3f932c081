/** Injection token of the {@link HealthReport}s that `/health` asks, in this order. */
export const HEALTH_REPORTS = 'breakwater:health:reports';

/** Injection token of the {@link HealthDetails} that `/health` tells. */
export const HEALTH_DETAILS = 'breakwater:health:details';

/** How much `/health` tells: states and numbers, or everything. */
export type HealthDetails = 'brief' | 'full';
