import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import type { FactoryProvider, Provider } from '@nestjs/common';
import { SHARED_TIER, v8Codec } from '../caching/index.js';
import { SHARED_CIRCUITS } from '../circuit-breaker/index.js';
import { runtimeOf } from '../ground/index.js';
import { FLIGHT_SHARING } from '../coalescing/index.js';
import { ClusterCircuits } from './circuit/cluster-circuits.js';
import { CLUSTER_MODULE_OPTIONS } from './cluster.options.js';
import type { ClusterModuleOptions } from './cluster.options.js';
import { CLUSTER_CHANNEL, CLUSTER_STORE } from './cluster.tokens.js';
import { CLUSTER_OPTIONS } from './cluster.module-definition.js';
import { ClusterService } from './cluster.service.js';
import { ClusterLeases } from './lease/cluster-leases.js';
import { ClusterFlights } from './sharing/cluster-flights.js';
import { ClusterTier } from './sharing/cluster.tier.js';
import { OutcomeCodec } from './sharing/outcome-codec.js';
import { plainErrors } from './sharing/error-codec.js';
import { parseStoreUrl } from './store/parse-store-url.js';
import { RedisStore } from './store/redis-store.js';
import type { Store } from './store/store.js';

const DEFAULT_DRAIN_MS = 5_000;

const storeProvider: FactoryProvider<Store> = {
  provide: CLUSTER_STORE,
  inject: [CLUSTER_OPTIONS],
  // What all others stand on: it is made first, and looks at the options of all.
  useFactory: (options: ClusterModuleOptions) => {
    CLUSTER_MODULE_OPTIONS.demand(options, 'cluster', 'store');
    const { store, files, guard } = options;
    if (typeof store === 'string') return new RedisStore(parseStoreUrl(store, files), guard);
    return 'kind' in store ? new RedisStore(store, guard) : store;
  },
};

const runtime = runtimeOf();

const leasesProvider: FactoryProvider<ClusterLeases> = {
  provide: ClusterLeases,
  inject: [CLUSTER_OPTIONS, CLUSTER_STORE],
  useFactory: ({ leases }: ClusterModuleOptions, store: Store) =>
    new ClusterLeases(
      {
        store,
        ...runtime,
        newId: randomUUID,
        events: channel(CLUSTER_CHANNEL),
        log: new Logger('Cluster'),
      },
      leases,
      'cluster.leases',
    ),
};

const circuitsProvider: FactoryProvider<ClusterCircuits> = {
  provide: ClusterCircuits,
  inject: [CLUSTER_OPTIONS, CLUSTER_STORE, ClusterLeases],
  useFactory: ({ circuits }: ClusterModuleOptions, store: Store, leases: ClusterLeases) => {
    const { instance, settings, peerWatch } = leases;
    const { namespace, leaseMs } = settings;
    const ports = { store, ...runtime, instance, owners: peerWatch };
    return new ClusterCircuits(ports, { ...circuits, namespace, leaseMs });
  },
};

const codecProvider: FactoryProvider<OutcomeCodec> = {
  provide: OutcomeCodec,
  inject: [CLUSTER_OPTIONS],
  useFactory: ({ codec = v8Codec, errors = plainErrors }: ClusterModuleOptions) =>
    new OutcomeCodec(codec, errors),
};

/** What the modules of this package find by their tokens, where the cluster is there. */
const seamProviders: Provider[] = [
  { provide: SHARED_CIRCUITS, useExisting: ClusterCircuits },
  {
    provide: FLIGHT_SHARING,
    inject: [ClusterLeases, OutcomeCodec, CLUSTER_OPTIONS],
    useFactory: (leases: ClusterLeases, codec: OutcomeCodec, { tellFirst }: ClusterModuleOptions) =>
      new ClusterFlights(leases, codec, runtime.clock, tellFirst ? runtime.scheduler : undefined),
  },
  {
    provide: SHARED_TIER,
    inject: [ClusterLeases, CLUSTER_STORE, OutcomeCodec],
    useFactory: (leases: ClusterLeases, store: Store, codec: OutcomeCodec) =>
      new ClusterTier({ leases, store, codec, ...runtime }),
  },
];

const serviceProvider: FactoryProvider<ClusterService> = {
  provide: ClusterService,
  inject: [CLUSTER_OPTIONS, CLUSTER_STORE, ClusterLeases, ClusterCircuits],
  useFactory: (
    { drainMs = DEFAULT_DRAIN_MS }: ClusterModuleOptions,
    store: Store,
    leases: ClusterLeases,
    circuits: ClusterCircuits,
  ) => new ClusterService({ store, leases, circuits, drainMs, ...runtime }),
};

/** Everything that the module provides, and of it what others may inject. */
export const CLUSTER_PROVIDERS: readonly Provider[] = [
  storeProvider,
  leasesProvider,
  circuitsProvider,
  codecProvider,
  ...seamProviders,
  serviceProvider,
];
