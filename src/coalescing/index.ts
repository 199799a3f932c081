export type { KeyPart } from '../ground/index.js';
export { Coalesce } from './coalesce.decorator.js';
export type {
  CoalesceDecorator,
  CoalesceKey,
  CoalesceOptions,
  CoalescedMethod,
} from './coalesce.decorator.js';
export { COALESCING_OPTIONS } from './coalescing.options.js';
export type {
  CoalescingModuleOptions,
  CoalescingOptionsFactory,
  NamedCoalescerOptions,
  CoalescingModuleExtras,
} from './coalescing.options.js';
export { CoalescingExceptionFilter } from './coalescing.filter.js';
export type { RefusalResponse } from './coalescing.filter.js';
export { CoalescingHealthIndicator } from './coalescing.health.js';
export { CoalescingModule } from './coalescing.module.js';
export { CoalescingService } from './coalescing.service.js';
export type { BusyCoalescer, CoalescingReport, LandedEvent } from './coalescing.service.js';
export {
  COALESCING_CHANNEL,
  DEFAULT_COALESCER,
  FLIGHT_SHARING,
  InjectCoalescer,
  getCoalescerToken,
} from './coalescing.tokens.js';
export { createCoalescer, currentFlight, wrapFlights } from './create-coalescer.js';
export type { FlightWrap } from './create-coalescer.js';
export * from './kernel/index.js';
export type { CoalescerFamily, CoalescerLike } from './coalescer-registry.js';
