import { Controller, Get, Header, Inject, Logger, Req } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import { LogEvent } from '../../ground/index.js';
import { SETTINGS } from '../config/index.js';
import { isForOperators } from '../operators/index.js';
import type { Settings } from '../config/index.js';
import { contextOf, rawRequest } from '../../http/index.js';
import type { AdapterRequest } from '../../http/index.js';
import type { HealthReport, HealthDetails } from './health-report.js';
import { HEALTH_DETAILS, HEALTH_REPORTS } from './health-report.js';

/**
 * Terminus would load `@nestjs/swagger` to describe these routes: a fifth of the start, for a document that
 * few services are asked for. `openapi/` describes them.
 */
const UNDOCUMENTED = { noCache: true, swaggerDocumentation: false };

/**
 * What orchestrators ask. The reports never fail: a backend that is down, a circuit that is open, or a
 * store that is away is what the service is there for, and no reason to take it out of a load balancer.
 */
@Controller('health')
export class HealthController implements OnModuleDestroy {
  private readonly logger = new Logger('Service');

  constructor(
    private readonly health: HealthCheckService,
    @Inject(HEALTH_REPORTS) private readonly reports: readonly HealthReport[],
    @Inject(HEALTH_DETAILS) private readonly details: HealthDetails,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * 200 when the service can serve, with what each part reports as details; names, versions, ids and
   * reasons only where the details are to be full, and on the port of operators.
   */
  @Get()
  @HealthCheck(UNDOCUMENTED)
  check(@Req() request: AdapterRequest): Promise<HealthCheckResult> {
    const full = this.details === 'full' || isForOperators(rawRequest(request));
    return this.answer(
      request,
      this.reports.map((report) => () => (full ? report.check() : report.brief())),
    );
  }

  /** 200 while the process runs, draining included. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** 200 while new requests are welcome, 503 from SIGTERM on. */
  @Get('ready')
  @HealthCheck(UNDOCUMENTED)
  ready(@Req() request: AdapterRequest): Promise<HealthCheckResult> {
    return this.answer(request, []);
  }

  /** Nest calls this after the signal, before it waits for the drain delay. */
  onModuleDestroy(): void {
    const { SHUTDOWN_DRAIN_MS: drainMs } = this.settings;
    const words = `Draining: not ready from now on, accepting for ${drainMs} ms more`;
    this.logger.log(new LogEvent('service.draining', words, { drainMs }));
  }

  private async answer(
    request: AdapterRequest,
    reports: Parameters<HealthCheckService['check']>[0],
  ): Promise<HealthCheckResult> {
    try {
      return await this.health.check(reports);
    } catch (error) {
      // Draining, as no report fails: that is what a probe is to hear, and no trouble.
      const context = contextOf(rawRequest(request));
      if (context) context.isTrouble = false;
      throw error;
    }
  }
}
