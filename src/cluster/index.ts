export * from './store/index.js';
export { resolveLeaseSettings } from './kernel/index.js';
export type {
  AloneReason,
  Claim,
  ClaimRequest,
  HeldKey,
  Invalidation as ClusterInvalidation,
  Lease,
  LeaseCounters,
  LeaseEvent,
  LeaseEvents,
  Leases,
  LeaseSettings,
  NamedKey,
  OfferedValue,
  Peek,
  PublishOptions,
  SharedValue,
} from './kernel/index.js';
export { ClusterLeases } from './lease/cluster-leases.js';
export type { LeasePorts } from './lease/cluster-leases.js';
export type { ClusterModuleOptions, ClusterOptionsFactory } from './cluster.options.js';
export { CLUSTER_CHANNEL, CLUSTER_STORE } from './cluster.tokens.js';
export { ClusterHealthIndicator } from './cluster.health.js';
export type { ClusterReport } from './cluster.health.js';
export { ClusterModule } from './cluster.module.js';
export { ClusterService } from './cluster.service.js';
export type { ClusterHealth, StoreAnsweredEvent } from './cluster.service.js';
export type { ErrorCodec } from './sharing/error-codec.js';
export { plainErrors } from './sharing/error-codec.js';
export { RemoteFlightError } from './sharing/remote-flight.error.js';
export { ClusterCircuits } from './circuit/cluster-circuits.js';
export type { ClusterCircuitPorts } from './circuit/cluster-circuits.js';
export type { ClusterCircuitOptions } from './circuit/cluster-circuit.options.js';
