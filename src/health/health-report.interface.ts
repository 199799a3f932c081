import type { HealthIndicatorResult } from '@nestjs/terminus';

/** A part of the service that has something to say in `/health`. */
export interface HealthReport {
  check(): HealthIndicatorResult;
}
