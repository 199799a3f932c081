import { Controller, Get, Header } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import { CachingHealthIndicator } from '../caching/index.js';
import { CircuitBreakerHealthIndicator } from '../circuit-breaker/index.js';
import { CoalescingHealthIndicator } from '../coalescing/index.js';

/**
 * What orchestrators ask. The indicators report and never fail: a backend that is down, or a circuit
 * that is open, is what the service is there for, and no reason to take it out of a load balancer.
 */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly circuits: CircuitBreakerHealthIndicator,
    private readonly flights: CoalescingHealthIndicator,
    private readonly tiers: CachingHealthIndicator,
  ) {}

  /** 200 when the service can serve, with circuits, flights and tiers as details. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.circuits.check(),
      () => this.flights.check(),
      () => this.tiers.check(),
    ]);
  }

  /** 200 while the process runs, draining included. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** 200 while new requests are welcome, 503 from SIGTERM on. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }
}
