import { GuardedStore } from './guarded-store.js';
import { redisClientPorts } from './redis-client-ports.js';
import type { RedisClientPorts } from './redis-client-ports.js';
import { RedisClusterClient } from './redis-cluster-client.js';
import { RedisSentinelClient } from './redis-sentinel-client.js';
import { RedisSingleClient } from './redis-single-client.js';
import type { RawStoreClient } from './raw-store-client.js';
import type { RedisTopology } from './redis-topology.js';
import type { StoreGuardOptions } from './store-guard-options.interface.js';
import { systemStorePorts } from './store-ports.js';
import type { StorePorts } from './store-ports.js';

/**
 * Redis or Valkey, 7.0 or newer, by `@redis/client`, which is loaded when the store is opened. One
 * connection carries the commands, one the bus.
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
    super(rawClient(topology, redisClientPorts(options, ports)), options, ports);
  }
}

function rawClient(topology: RedisTopology, ports: RedisClientPorts): RawStoreClient {
  switch (topology.kind) {
    case 'single':
      return new RedisSingleClient(topology.client, ports);
    case 'cluster':
      return new RedisClusterClient(topology.cluster, ports);
    case 'sentinel':
      return new RedisSentinelClient(topology.sentinel, ports);
  }
}
