import type { DynamicModule } from '@nestjs/common';
import { ClusterModule, InvalidStoreUrlError, parseStoreUrl } from '../cluster/index.js';
import type { ClusterModuleOptions, Store } from '../cluster/index.js';
import { sharedErrors } from '../routes/index.js';
import { ConfigurationError } from './config/index.js';
import type { Settings } from './config/index.js';

export { ClusterHealthIndicator } from '../cluster/index.js';

/**
 * The service's part in a cluster, for settings with a `REDIS_URL`, or among the workers of a machine.
 *
 * @param machine the store of the machine; its workers are one, and so are their circuits
 * @throws {ConfigurationError} for a store's address that cannot be one
 */
export function clusterModule(settings: Settings, machine?: Store): DynamicModule {
  const { REDIS_URL = '', REDIS_PASSWORD_FILE, REDIS_CA_FILE, CLUSTER_HEARTBEAT_MS } = settings;
  return ClusterModule.forRoot({
    store:
      machine ??
      storeOf(REDIS_URL, {
        ...(REDIS_PASSWORD_FILE !== undefined && { passwordFile: REDIS_PASSWORD_FILE }),
        ...(REDIS_CA_FILE !== undefined && { caFile: REDIS_CA_FILE }),
      }),
    leases: {
      namespace: settings.CLUSTER_NAMESPACE,
      leaseMs: settings.CLUSTER_LEASE_MS,
      patienceMs: settings.CLUSTER_PATIENCE_MS,
      ...(CLUSTER_HEARTBEAT_MS !== undefined && { heartbeatMs: CLUSTER_HEARTBEAT_MS }),
    },
    circuits: machine ? { quorum: 1, together: true } : { quorum: settings.CLUSTER_CIRCUIT_QUORUM },
    errors: sharedErrors,
    tellFirst: machine !== undefined,
    // Within the grace there has to be time for what comes after.
    drainMs: Math.floor((settings.SHUTDOWN_GRACE_MS - settings.SHUTDOWN_DRAIN_MS) / 2),
  });
}

function storeOf(...address: Parameters<typeof parseStoreUrl>): ClusterModuleOptions['store'] {
  try {
    return parseStoreUrl(...address);
  } catch (error) {
    if (!(error instanceof InvalidStoreUrlError)) throw error;
    throw new ConfigurationError([`REDIS_URL is not usable: ${error.message}`]);
  }
}
