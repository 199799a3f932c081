import type { HealthIndicatorResult } from '@nestjs/terminus';

/** A part of the service that has something to say in `/health`. */
export interface HealthReport {
  /** What may be told to anybody: states and numbers, no name that a request has made. */
  brief(): HealthIndicatorResult;
  /** All that helps an operator: names, versions, ids, reasons. */
  check(): HealthIndicatorResult;
}

/** Injection token of the {@link HealthReport}s that `/health` asks, in this order. */
export const HEALTH_REPORTS = 'breakwater:health:reports';

/** Injection token of the {@link HealthDetails} that `/health` tells. */
export const HEALTH_DETAILS = 'breakwater:health:details';

/** How much `/health` tells: states and numbers, or everything. */
export type HealthDetails = 'brief' | 'full';
