export { CallerTimeoutError } from './caller-timeout.error.js';
export { CoalescerClosedError } from './coalescer-closed.error.js';
export type { CoalescerCounters } from './coalescer-counters.js';
export type {
  CoalescerOptions,
  CoalescerScope,
  ErrorPolicy,
  ResolvedCoalescerOptions,
  ShareAs,
} from './coalescer-options.interface.js';
export { CoalescerOverloadedError } from './coalescer-overloaded.error.js';
export type { OverloadReason } from './coalescer-overloaded.error.js';
export type { CoalescerPorts } from './coalescer-ports.js';
export { Coalescer } from './coalescer.js';
export { CoalescingError } from './coalescing.error.js';
export { FlightAbortedError } from './flight-aborted.error.js';
export type { FlightAbortCause } from './flight-aborted.error.js';
export type { FlightContextStorage } from './flight-context-storage.js';
export type { FlightContext, Loader } from './flight-context.js';
export type {
  FlightEvent,
  FlightEvents,
  FlightOrigin,
  LandedAs,
  LeaveCause,
} from './flight-events.js';
export type { FlightInfo, FlightPhase } from './flight-info.js';
export type { FlightSharing, SharedFlight } from './flight-sharing.js';
export { FlightTimeoutError } from './flight-timeout.error.js';
export { resolveCoalescerOptions } from './resolve-coalescer-options.js';
export type { AloneOptions, RunOptions } from './run-options.interface.js';
export { SelfJoinError } from './self-join.error.js';
export { UnshareableValueError } from './unshareable-value.error.js';
export type { ValueSharing } from './value-sharing.js';
