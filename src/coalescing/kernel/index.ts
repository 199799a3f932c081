export { resolveCoalescerOptions } from './coalescer-options.js';
export type {
  CoalescerOptions,
  CoalescerScope,
  ErrorPolicy,
  ResolvedCoalescerOptions,
  ShareAs,
  AloneOptions,
  RunOptions,
} from './coalescer-options.js';
export type {
  CoalescerPorts,
  FlightContextStorage,
  FlightSharing,
  SharedFlight,
} from './coalescer-ports.js';
export { Coalescer } from './coalescer.js';
export {
  CallerTimeoutError,
  CoalescerClosedError,
  CoalescerOverloadedError,
  CoalescingError,
  FlightAbortedError,
  FlightTimeoutError,
  SelfJoinError,
  UnshareableValueError,
} from './coalescing.error.js';
export type { FlightAbortCause, OverloadReason } from './coalescing.error.js';
export type {
  FlightEvent,
  FlightEvents,
  LandedAs,
  LeaveCause,
  CoalescerCounters,
} from './flight-telemetry.js';
export { FlightKeys } from './flight.js';
export { hashKey } from '../../ground/index.js';
export type {
  FlightContext,
  FlightInfo,
  FlightsOptions,
  FlightOrigin,
  FlightPhase,
  Loader,
} from './flight.js';
export type { ValueSharing } from './value-sharing.js';
