import { GuardedStore } from './guarded-store.js';
import { IoredisClient } from './ioredis-client.js';
import type { IoredisConnection } from './ioredis-connection.interface.js';
import { redisClientPorts } from './redis-client-ports.js';
import type { StoreGuardOptions } from './store-guard-options.interface.js';
import { systemStorePorts } from './store-ports.js';
import type { StorePorts } from './store-ports.js';

/**
 * Redis or Valkey, by the ioredis of the application. Takes the address, the credentials and the TLS
 * settings of `connection` for two connections of its own, which it closes; `connection` itself it
 * leaves alone, whose queues and retries would keep commands for a store that is away.
 * @throws TypeError for an ioredis `Cluster`: a cluster is reached by {@link RedisStore}
 * @example
 * const store = new IoredisStore(new Redis('redis://localhost:6379'));
 * await store.open();
 */
export class IoredisStore extends GuardedStore {
  constructor(
    connection: IoredisConnection,
    options?: StoreGuardOptions,
    ports: StorePorts = systemStorePorts,
  ) {
    if (connection.isCluster) {
      throw new TypeError(
        'An ioredis Cluster cannot be the store; give the address of the cluster.',
      );
    }
    super(new IoredisClient(connection, redisClientPorts(options, ports)), options, ports);
  }
}
