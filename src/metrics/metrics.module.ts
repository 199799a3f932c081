import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { checkedAsync, demandOptions, refuseBareImport } from '../module-options/index.js';
import { ConfigurableModuleClass, METRICS_OPTIONS } from './metrics.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './metrics.module-definition.js';
import type { MetricsModuleOptions } from './metrics.options.js';
import { MetricsService } from './metrics.service.js';
import { RequestCounts } from './request-source.js';

const METRICS_SERVICE_PROVIDER: FactoryProvider<MetricsService> = {
  provide: MetricsService,
  inject: [METRICS_OPTIONS, ModuleRef, RequestCounts, HttpAdapterHost],
  useFactory: (
    options: MetricsModuleOptions,
    modules: ModuleRef,
    requests: RequestCounts,
    host: HttpAdapterHost,
  ) => new MetricsService(options, modules, requests, host),
};

/**
 * Metrics of whatever modules of Breakwater an application has, as Prometheus reads them: at `GET /metrics`,
 * and in a registry of `prom-client`.
 *
 * @example
 * imports: [CoalescingModule.forRoot(), CircuitBreakerModule.forRoot(), MetricsModule.forRoot()]
 */
@Module({
  providers: [refuseBareImport('MetricsModule'), RequestCounts, METRICS_SERVICE_PROVIDER],
  exports: [MetricsService, RequestCounts],
})
export class MetricsModule extends ConfigurableModuleClass {
  /** @param options `isGlobal` is `true` by default, and `path` is `metrics` */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(demandOptions(options, 'MetricsModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`; `path` stands beside them. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('MetricsModule', options, (given) => super.forRootAsync(given));
  }
}
