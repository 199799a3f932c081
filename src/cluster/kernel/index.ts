export { parseBusMessage, unscriptedMessage } from './bus-message.js';
export type { BusMessage, Unscripted } from './bus-message.js';
export { Claims } from './claims.js';
export { CommandWindow } from './command-window.js';
export type { WindowVerdict } from './command-window.js';
export { HeldLeases } from './held-leases.js';
export type { HeldKey } from './held-leases.js';
export { Invalidations } from './invalidations.js';
export { hasHashTag, keySlot } from './key-slot.js';
export type { LeaseContext } from './lease-context.js';
export type {
  ClaimArguments,
  ClaimReply,
  LeaseEnvironment,
  LeaseIdentity,
  LeaseLog,
  LeaseStore,
  StoredEpochs,
  ValueFacts,
} from './lease-ports.js';
export { LEASE_SETTINGS, aLeaseMs, aNamespace, resolveLeaseSettings } from './lease-settings.js';
export type { LeaseSettings } from './lease-settings.js';
export { LeaseTelemetry } from './lease-telemetry.js';
export type { AloneReason, LeaseCounters, LeaseEvent, LeaseEvents } from './lease-telemetry.js';
export type {
  Claim,
  ClaimRequest,
  Invalidation,
  Lease,
  Leases,
  NamedKey,
  OfferedValue,
  Peek,
  PublishOptions,
  SharedValue,
  Void,
} from './leases.js';
export { AttentiveClock } from './attentive-clock.js';
export { MachineMemory } from './machine-memory.js';
export type { MemoryListener } from './machine-memory.js';
export { EVERYTHING, MAX_PURGED_NAMES, NameEpochs } from './name-epochs.js';
export type { EpochChange } from './name-epochs.js';
export { Outbox } from './outbox.js';
export { PeerWatch } from './peer-watch.js';
export type { PeerWaiter } from './peer-watch.js';
export { ProgressWatch } from './progress-watch.js';
export type { ProgressOptions, ProgressPorts } from './progress-watch.js';
export { StoreBreaker } from './store-breaker.js';
export type { BreakerOptions, BreakerPorts } from './store-breaker.js';
export { StoreOutage } from './store-outage.js';
export * from './store.error.js';
export { StoredValues } from './stored-values.js';
export { TagFences } from './tag-fences.js';
export { TakeoverLog } from './takeover-log.js';
export { isToken } from './token.js';
