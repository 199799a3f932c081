import { Injectable } from '@nestjs/common';
import type { HealthResult } from '../ground/index.js';
import { BodiesInFlight } from './bodies-in-flight.js';

/** What health says of answers on their way. */
interface BackendReport {
  /** What their bodies take together now, in bytes. */
  readonly inFlightBytes: number;
  /** What they may take, in bytes; what is larger than the rest is refused. */
  readonly maxInFlightBytes: number;
}

/**
 * Reports to @nestjs/terminus what answers on their way take. It asks no backend, and is always `up`: a
 * bound that is reached is no reason to take the service out of a load balancer.
 */
@Injectable()
export class BackendHealthIndicator {
  constructor(private readonly bodies: BodiesInFlight) {}

  /** @param key name of the indicator in the report */
  check<Key extends string = 'backend'>(
    key: Key = 'backend' as Key,
  ): HealthResult<Key, 'up', BackendReport> {
    const { bytes: inFlightBytes, maxBytes: maxInFlightBytes } = this.bodies;
    const report = { status: 'up', inFlightBytes, maxInFlightBytes };
    return { [key]: report } as HealthResult<Key, 'up', BackendReport>;
  }

  /** Nothing: how near the service is to its bound is for those who run it. */
  brief(): Record<string, never> {
    return {};
  }
}
