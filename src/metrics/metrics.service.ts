import type { Server } from 'node:http';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { Registry } from 'prom-client';
import type { BackendClient, BodiesInFlight } from '../backend/index.js';
import type { CachingService } from '../caching/index.js';
import type { CircuitBreakerService } from '../circuit-breaker/index.js';
import type { ClusterService } from '../cluster/index.js';
import type { CoalescingService } from '../coalescing/index.js';
import type { GatewayInsight } from '../gateway/index.js';
import { OBSERVED, noteRouteOfFastify } from '../module-options/index.js';
import { BackendSource, BodiesSource } from './backend-source.js';
import { CacheSource } from './cache-source.js';
import { CircuitSource } from './circuit-source.js';
import { ClusterSource } from './cluster-source.js';
import { FlightSource } from './flight-source.js';
import { ForecastSource, GatewaySource, RulesSource } from './gateway-source.js';
import type { FollowedRules } from './gateway-source.js';
import { METRICS_MODULE_OPTIONS } from './metrics.options.js';
import type { MetricsModuleOptions } from './metrics.options.js';
import type { MeterMetrics } from './meter-metrics.js';
import { RegistryMetrics } from './registry-metrics.js';
import type { AnyRegistry } from './registry-metrics.js';
import type { MetricSource } from './metric-sources.js';
import type { HitTeller, RequestCounts } from './request-source.js';

/** What of Fastify is needed to learn which route a request has come to. */
interface FastifyInstance {
  addHook(name: 'onRequest', hook: typeof noteRouteOfFastify): void;
}

/** The metrics of an application. Whatever modules of Breakwater it has are on the page. */
export class MetricsService implements OnModuleInit, OnApplicationShutdown {
  /** Where they are, for what is to be beside them. */
  readonly registry: AnyRegistry;

  private readonly options: MetricsModuleOptions;
  private readonly metrics: RegistryMetrics;
  /** What tells the same to OpenTelemetry, where that is asked for. */
  private meters: MeterMetrics | undefined;
  private readonly sources: { readonly source: MetricSource; readonly stop: () => void }[] = [];

  /** @throws InvalidOptionError for an option that cannot work */
  constructor(
    options: MetricsModuleOptions,
    private readonly modules: ModuleRef,
    private readonly requests: RequestCounts,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    METRICS_MODULE_OPTIONS.check(options, 'metrics');
    this.options = options;
    const { registry = new Registry(), process = true, maxNames = 200 } = options;
    this.registry = registry;
    this.metrics = RegistryMetrics.of(registry, { process, maxNames });
  }

  /** The value of `Content-Type` for {@link page}. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics of the registry, as Prometheus reads them. */
  page(): Promise<string> {
    return this.registry.metrics();
  }

  /** Nobody has called anything yet. */
  async onModuleInit(): Promise<void> {
    if (this.options.openTelemetry === true) {
      const { MeterMetrics } = await import('./meter-metrics.js');
      this.meters = MeterMetrics.ofProcess();
    }
    for (const found of this.all<CoalescingService>(OBSERVED.coalescing)) {
      this.show(new FlightSource(found));
    }
    for (const found of this.all<CachingService>(OBSERVED.caching))
      this.show(new CacheSource(found));
    for (const found of this.all<CircuitBreakerService>(OBSERVED.circuits)) {
      this.show(new CircuitSource(found));
    }
    for (const found of this.all<BackendClient>(OBSERVED.backend)) {
      this.show(new BackendSource(found));
    }
    for (const found of this.all<BodiesInFlight>(OBSERVED.bodies))
      this.show(new BodiesSource(found));
    for (const found of this.all<ClusterService>(OBSERVED.cluster)) {
      this.show(new ClusterSource(found));
    }
    for (const found of this.all<GatewayInsight>(OBSERVED.gateway)) {
      this.show(new GatewaySource(found));
      if (found.forecast?.() !== undefined) {
        this.show(new ForecastSource(() => found.forecast?.()));
      }
    }
    for (const found of this.all<FollowedRules>(OBSERVED.rules)) this.show(new RulesSource(found));
    if (this.options.requests !== false) this.showRequests();
  }

  /** The last request has been answered by then. */
  onApplicationShutdown(): void {
    for (const { source, stop } of this.sources.splice(0)) {
      stop();
      this.metrics.remove(source);
      this.meters?.remove(source);
    }
  }

  private show(source: MetricSource): void {
    const page = this.metrics.add(source);
    const meters = this.meters?.add(source);
    // Begun once, whoever is told: what it counts it counts itself.
    const stop = source.start?.((name, value, labels) => {
      page(name, value, labels);
      meters?.(name, value, labels);
    });
    this.sources.push({ source, stop: stop ?? (() => undefined) });
  }

  private showRequests(): void {
    const adapter = this.adapterHost.httpAdapter as
      Partial<HttpAdapterHost['httpAdapter']> | undefined;
    // None where there is no HTTP.
    const server = adapter?.getHttpServer?.() as Server | undefined;
    if (!adapter || !server) return;
    this.show(this.requests);
    for (const found of this.all<HitTeller>(OBSERVED.fastPath)) this.requests.hearHits(found);
    if (this.options.requests !== 'told') this.requests.watch(server);
    if (adapter.getType?.() === 'fastify') {
      adapter.getInstance?.<FastifyInstance>().addHook('onRequest', noteRouteOfFastify);
    }
  }

  /** What modules provide under `token`, wherever they stand. */
  private all<Service>(token: string): readonly Partial<Service>[] {
    try {
      return this.modules.get<Partial<Service>>(token, { strict: false, each: true });
    } catch {
      // No module has it.
      return [];
    }
  }
}
