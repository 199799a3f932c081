import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SHARED_TIER } from '../caching/index.js';
import { SHARED_CIRCUITS } from '../circuit-breaker/index.js';
import { FLIGHT_SHARING } from '../coalescing/index.js';
import {
  OBSERVED,
  checkedAsync,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { ClusterHealthIndicator } from './cluster.health.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './cluster.module-definition.js';
import { ConfigurableModuleClass } from './cluster.module-definition.js';
import { CLUSTER_PROVIDERS } from './cluster.providers.js';
import { ClusterService } from './cluster.service.js';
import { ClusterLeases } from './lease/cluster-leases.js';

/**
 * Makes the processes of an application one: coalescers of scope `cluster` and all caches make one call
 * a key among all of them, and share values and invalidations. Global, imported once; the modules of
 * coalescing, caching and circuit breaking find it by themselves.
 *
 * @example
 * imports: [
 *   ClusterModule.forRoot({ store: 'redis://localhost:6379' }),
 *   CoalescingModule.forRoot({ scope: 'cluster' }),
 *   CachingModule.forRoot(),
 * ]
 */
@Module({
  providers: [
    refuseBareImport('ClusterModule', "{ store: 'redis://…' }"),
    ...CLUSTER_PROVIDERS,
    ClusterHealthIndicator,
    { provide: OBSERVED.cluster, useExisting: ClusterService },
  ],
  exports: [
    ...[ClusterService, ClusterLeases, ClusterHealthIndicator, OBSERVED.cluster],
    ...[FLIGHT_SHARING, SHARED_TIER, SHARED_CIRCUITS],
  ],
})
export class ClusterModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported more than once: each would be a member of its own */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, ClusterModule, { features: false });
  }

  /** @throws {@link InvalidStoreUrlError} · InvalidOptionError, at start */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    const store = "such as { store: 'redis://localhost:6379' }";
    const given = demandOptions(options, 'ClusterModule.forRoot()', store);
    return { ...super.forRoot(given), global: true };
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    const module = checkedAsync('ClusterModule', options, (given) => super.forRootAsync(given));
    return { ...module, global: true };
  }
}
