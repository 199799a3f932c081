import { join } from 'node:path';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BackendHealthIndicator, BackendModule } from '../backend/index.js';
import { CachingHealthIndicator, CachingModule, DiskTier } from '../caching/index.js';
import { CircuitBreakerHealthIndicator, CircuitBreakerModule } from '../circuit-breaker/index.js';
import { LogEvent } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import { CoalescingHealthIndicator, CoalescingModule } from '../coalescing/index.js';
import type { GatewayModuleOptions } from '../gateway/index.js';
import { RoutesModule } from '../routes/index.js';
import { settingsModule } from './config/index.js';
import type { Settings } from './config/index.js';
import { GracefulStop } from './connections/index.js';
import { DataModule } from './data/index.js';
import { HealthModule } from './health/index.js';
import { JsonErrorFilter } from './json-error.filter.js';
import { OpenApiModule } from './openapi/index.js';
import { OperatorPort } from './operators/index.js';
import { ProductsModule } from './products/index.js';
import type { RequestLog } from './request-log.js';
import { ResourceModule } from './resource/index.js';
import type { MachineLink } from './workers/index.js';

/** The margin by which a safety net is wider than what it catches. */
const SAFETY_MS = 1_000;

/** The disk tier, if it has a folder. */
function diskTiers({ CACHE_DIR, DISK_CACHE_MAX_BYTES }: Settings): DiskTier[] {
  if (CACHE_DIR === undefined) return [];
  const logger = new Logger('DiskTier');
  return [
    DiskTier.open({
      directory: CACHE_DIR,
      maxBytes: DISK_CACHE_MAX_BYTES,
      onDegraded: (reason) => {
        const words = `The disk does not work, memory alone is used: ${reason}`;
        logger.warn(new LogEvent('tier.degraded', words, { tier: 'disk', reason }));
      },
      onRecovered: () => {
        logger.log(new LogEvent('tier.recovered', 'The disk works again', { tier: 'disk' }));
      },
    }),
  ];
}

/** Whether anybody is told metrics. */
export function isMeasured({ METRICS, OPENTELEMETRY }: Settings): boolean {
  return METRICS === 'on' || OPENTELEMETRY === 'on';
}

/** Whether the service stands in front of an API. */
export function hasGateway({
  PROXY_TO,
  PROXY_RULES,
}: Pick<Settings, 'PROXY_TO' | 'PROXY_RULES'>): boolean {
  return PROXY_TO !== undefined || PROXY_RULES !== undefined;
}

/** The service's gateway with one rule, for everything; a rule file has more. */
function gatewayOptions(settings: Settings): GatewayModuleOptions {
  const { CACHE_DIR, SPILL_DIR, PROXY_DEFAULT_FRESH, PROXY_HOST, TRUSTED_PROXIES } = settings;
  const spill = SPILL_DIR ?? (CACHE_DIR === undefined ? undefined : join(CACHE_DIR, 'spill'));
  return {
    ...(settings.PROXY_TO !== undefined && { to: settings.PROXY_TO }),
    mode: settings.PROXY_MODE,
    trust: settings.PROXY_TRUST,
    ...(PROXY_HOST !== undefined && { host: PROXY_HOST }),
    ...(PROXY_DEFAULT_FRESH !== undefined && {
      // Its form has been checked.
      defaultFresh: PROXY_DEFAULT_FRESH as NonNullable<GatewayModuleOptions['defaultFresh']>,
    }),
    trustedProxies: TRUSTED_PROXIES?.split(',').map((range) => range.trim()),
    spillDirectory: spill,
    spillMaxBytes: settings.SPILL_MAX_BYTES,
  };
}

/** What the service is made of. */
@Module({})
export class AppModule {
  static async forRoot(
    settings: Settings,
    requestLog: RequestLog,
    clock?: Clock,
    machine?: MachineLink,
  ): Promise<DynamicModule> {
    // The client ends each call by its own deadline; these bound a call that does not end.
    const callBoundMs = settings.BACKEND_TIMEOUT_MS + SAFETY_MS;
    // A service that is alone has no need of it, nor of the memory that it takes.
    const telemetry =
      settings.OPENTELEMETRY === 'on' ? await import('../telemetry/index.js') : undefined;
    const metrics = isMeasured(settings) ? await import('./metrics/index.js') : undefined;
    const isShared = settings.REDIS_URL !== undefined || machine !== undefined;
    const cluster = isShared ? await import('./cluster-from-settings.js') : undefined;
    const workers = machine && (await import('./workers/index.js'));
    const registry = metrics && (await machine?.registry());
    const gateway = hasGateway(settings) ? await import('../gateway/index.js') : undefined;
    const rules =
      settings.PROXY_RULES === undefined ? undefined : await import('./gateway-rules.js');
    const operators =
      settings.ADMIN_TOKEN === undefined ? undefined : await import('./operators-api.js');
    return {
      module: AppModule,
      imports: [
        settingsModule(settings),
        ...(cluster ? [cluster.clusterModule(settings, machine?.store)] : []),
        ...(workers ? [workers.WorkersModule.of(machine)] : []),
        ...(telemetry ? [telemetry.TelemetryModule] : []),
        CoalescingModule.forRoot({
          isGlobal: true,
          flightTimeoutMs: callBoundMs,
          maxFlights: settings.COALESCING_MAX_FLIGHTS,
        }),
        CircuitBreakerModule.forRoot({
          isGlobal: true,
          clock,
          policy: { kind: 'consecutive', failures: settings.CIRCUIT_FAILURE_THRESHOLD },
          cooldownMs: settings.CIRCUIT_COOLDOWN_MS,
          probeTimeoutMs: callBoundMs,
        }),
        BackendModule.forRoot({
          baseUrl: settings.BACKEND_URL,
          timeoutMs: settings.BACKEND_TIMEOUT_MS,
          maxBodyBytes: settings.BACKEND_MAX_BODY_BYTES,
          maxInFlightBytes: settings.INFLIGHT_MAX_BYTES,
          transport: settings.BACKEND_TRANSPORT,
          traceparent: settings.BACKEND_TRACEPARENT === 'on',
        }),
        CachingModule.forRootAsync({
          // Once the application is made, and not for a module that nobody uses: a folder is opened.
          useFactory: () => ({
            memory: { maxBytes: settings.MEMORY_CACHE_MAX_BYTES },
            tiers: diskTiers(settings),
            ...(clock && { clock }),
          }),
        }),
        RoutesModule.forRoot({
          environment: { PRODUCT_API_BASE: settings.PRODUCT_API_BASE ?? settings.BACKEND_URL },
          fastPath: settings.FAST_PATH === 'on' && requestLog,
        }),
        ...(gateway ? [gateway.GatewayModule.forRoot(gatewayOptions(settings))] : []),
        ...(rules ? [await rules.gatewayRules(settings)] : []),
        DataModule,
        ResourceModule,
        ProductsModule.forRoot({
          freshMs: settings.FRESH_TTL_MS,
          staleMs: settings.STALE_TTL_MS,
        }),
        ...(operators ? [operators.operatorsApi(settings, clock, machine)] : []),
        HealthModule.forRoot(
          [
            ...[CircuitBreakerHealthIndicator, CoalescingHealthIndicator, CachingHealthIndicator],
            BackendHealthIndicator,
            ...(cluster ? [cluster.ClusterHealthIndicator] : []),
            ...(gateway && settings.PROXY_MODE === 'observe'
              ? [gateway.GatewayHealthIndicator]
              : []),
            ...(rules ? [rules.GatewayRules] : []),
            ...(workers ? [workers.WorkersHealth] : []),
          ],
          settings.HEALTH_DETAILS,
        ),
        ...(metrics
          ? [
              metrics.ServiceMetricsModule.forRoot({
                isServed: settings.METRICS === 'on',
                openTelemetry: settings.OPENTELEMETRY === 'on',
                ...(registry && { registry }),
              }),
            ]
          : []),
        ...(settings.API_DOCS === 'on' ? [OpenApiModule] : []),
      ],
      providers: [
        GracefulStop,
        ...(settings.ADMIN_PORT === undefined ? [] : [OperatorPort]),
        { provide: APP_FILTER, useClass: JsonErrorFilter },
      ],
    };
  }
}
