import { Test } from '@nestjs/testing';
import { systemClock, systemScheduler } from '../../ground/index.js';
import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import {
  CLUSTER_CIRCUIT_OPTIONS,
  SHARED_CIRCUIT_OPTIONS,
} from '../circuit/cluster-circuit.options.js';
import { ClusterCircuits } from '../circuit/cluster-circuits.js';
import { CLUSTER_MODULE_OPTIONS } from '../cluster.options.js';
import type { ClusterModuleOptions } from '../cluster.options.js';
import { ClusterModule } from '../cluster.module.js';
import { LEASE_SETTINGS } from '../kernel/index.js';
import { STORE_URL_FILES, parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import { STORE_GUARD_OPTIONS } from '../store/store-guard-options.js';

const store = 'redis://localhost:6379';

function start(options: Partial<ClusterModuleOptions>): Promise<unknown> {
  const module = ClusterModule.forRoot({ store, ...options });
  return Test.createTestingModule({ imports: [module] }).compile();
}

/** The options of a cluster. */
export const CLUSTER_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  { name: 'CLUSTER_MODULE_OPTIONS', reader: CLUSTER_MODULE_OPTIONS, give: start },
  { name: 'LEASE_SETTINGS', reader: LEASE_SETTINGS, give: (leases) => start({ leases }) },
  {
    name: 'SHARED_CIRCUIT_OPTIONS',
    reader: SHARED_CIRCUIT_OPTIONS,
    give: (circuits) => start({ circuits }),
  },
  {
    name: 'CLUSTER_CIRCUIT_OPTIONS',
    reader: CLUSTER_CIRCUIT_OPTIONS,
    give: (options) => {
      const time = { clock: systemClock, scheduler: systemScheduler };
      return new ClusterCircuits({ store: undefined as never, ...time, instance: 'a' }, options);
    },
  },
  {
    name: 'STORE_GUARD_OPTIONS',
    reader: STORE_GUARD_OPTIONS,
    give: (guard) => new RedisStore(parseStoreUrl(store), guard),
  },
  {
    name: 'STORE_URL_FILES',
    reader: STORE_URL_FILES,
    give: (files) => parseStoreUrl(store, files),
  },
];
