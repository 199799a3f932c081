import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from '@redis/client';
import { anObject, oneOf } from '../../ground/index.js';
import { GuardedStore } from './guarded-store.js';
import { LinkedClient } from './raw-store-client.js';
import type { StoreDriver } from './raw-store-client.js';
import { clusterDriver } from './redis-cluster.js';
import { dialServer, loadRedisLibrary } from './redis-library.js';
import { sentinelDriver } from './redis-sentinel.js';
import { systemStorePorts } from './store-guard-options.js';
import type { StoreGuardOptions, StorePorts } from './store-guard-options.js';

/**
 * Where the store is, in the options of `@redis/client`, which are passed to it unchanged but for what
 * the guard of the store depends on (its queues, timeouts and reconnection).
 */
export type RedisTopology =
  | { readonly kind: 'single'; readonly client: RedisClientOptions }
  | { readonly kind: 'cluster'; readonly cluster: RedisClusterOptions }
  | { readonly kind: 'sentinel'; readonly sentinel: RedisSentinelOptions };

/**
 * Redis or Valkey, 7.0 or newer, by `@redis/client`, which is loaded when the store is opened. One
 * connection carries the commands, one the bus.
 * @throws InvalidOptionError for a topology that is none
 * @example
 * const store = new RedisStore(parseStoreUrl('redis://localhost:6379'));
 * await store.open();
 */
export class RedisStore extends GuardedStore {
  constructor(
    topology: RedisTopology,
    options?: StoreGuardOptions,
    ports: StorePorts = systemStorePorts,
  ) {
    super(new LinkedClient(driverOf(topology), options, ports), options, ports);
  }
}

const A_KIND = oneOf('single', 'cluster', 'sentinel');

function driverOf(topology: RedisTopology): StoreDriver {
  anObject.check(topology, 'RedisStore', 'topology');
  A_KIND.check(topology.kind, 'RedisStore.topology', 'kind');
  switch (topology.kind) {
    case 'single':
      anObject.check(topology.client, 'RedisStore.topology', 'client');
      return singleDriver(topology.client);
    case 'cluster':
      anObject.check(topology.cluster, 'RedisStore.topology', 'cluster');
      return clusterDriver(topology.cluster);
    case 'sentinel':
      anObject.check(topology.sentinel, 'RedisStore.topology', 'sentinel');
      return sentinelDriver(topology.sentinel);
  }
}

/** One server, by `@redis/client`: a connection for commands and one for the bus. */
function singleDriver(options: RedisClientOptions): StoreDriver {
  return {
    clustered: false,
    load: async (ports) => {
      const library = await loadRedisLibrary();
      const dial = dialServer(library, () => options, ports);
      return { commands: dial, bus: dial, answerOf: library.answerOf };
    },
  };
}
