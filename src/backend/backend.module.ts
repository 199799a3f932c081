import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  OBSERVED,
  checkedAsync,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { HttpServiceTransport, createBackendAxios } from './http-service.transport.js';
import { BackendTransport } from './backend-transport.js';
import { BackendClient } from './backend.client.js';
import { BackendHealthIndicator } from './backend.health.js';
import type { BackendModuleOptions } from './backend.options.js';
import { BACKEND_OPTIONS, ConfigurableModuleClass } from './backend.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './backend.module-definition.js';
import { BodiesInFlight } from './bodies-in-flight.js';
import { BackendPool } from './backend.pool.js';
import { resolveBackendOptions } from './backend.options.js';
import { UndiciTransport } from './undici.transport.js';

/** The seam that users know: interceptors go on its `axiosRef`, tests override it. */
const HTTP_SERVICE_PROVIDER: FactoryProvider<HttpService> = {
  provide: HttpService,
  inject: [BACKEND_OPTIONS, BackendPool, BodiesInFlight],
  useFactory: (options: BackendModuleOptions, pool: BackendPool, bodies: BodiesInFlight) =>
    new HttpService(createBackendAxios(pool.dispatcher, resolveBackendOptions(options), bodies)),
};

const TRANSPORT_PROVIDER: FactoryProvider<BackendTransport> = {
  provide: BackendTransport,
  inject: [BACKEND_OPTIONS, BackendPool, HttpService, BodiesInFlight],
  useFactory: (
    given: BackendModuleOptions,
    pool: BackendPool,
    http: HttpService,
    bodies: BodiesInFlight,
  ) => {
    const options = resolveBackendOptions(given);
    return options.transport === 'undici'
      ? new UndiciTransport(pool, options, bodies)
      : new HttpServiceTransport(http, options);
  },
};

/**
 * The client to the backends. Imported once, by `forRoot()` or `forRootAsync()`; with `isGlobal: false`,
 * once by each module that is to have one of its own.
 */
@Module({
  providers: [
    refuseBareImport('BackendModule'),
    BackendPool,
    BodiesInFlight,
    BackendClient,
    BackendHealthIndicator,
    HTTP_SERVICE_PROVIDER,
    TRANSPORT_PROVIDER,
    { provide: OBSERVED.backend, useExisting: BackendClient },
    { provide: OBSERVED.bodies, useExisting: BodiesInFlight },
  ],
  exports: [BackendClient, BackendHealthIndicator, BodiesInFlight],
})
export class BackendModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported globally more than once: which one others get would be chance */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, BackendModule, { features: false, privately: true });
  }

  /** @param options of all calls; `isGlobal` is `true` by default */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(demandOptions(options, 'BackendModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('BackendModule', options, (given) => super.forRootAsync(given));
  }
}
