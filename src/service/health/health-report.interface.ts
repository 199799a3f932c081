import type { HealthIndicatorResult } from '@nestjs/terminus';

/** A part of the service that has something to say in `/health`. */
export interface HealthReport {
  /** What may be told to anybody: states and numbers, no name that a request has made. */
  brief(): HealthIndicatorResult;
  /** All that helps an operator: names, versions, ids, reasons. */
  check(): HealthIndicatorResult;
}
