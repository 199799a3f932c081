export type { KeyPart } from './argument-key.js';
export type { CoalesceKey, CoalesceOptions } from './coalesce-options.interface.js';
export { Coalesce } from './coalesce.decorator.js';
export type { CoalesceDecorator, CoalescedMethod } from './coalesce.decorator.js';
export type {
  CoalescingModuleOptions,
  CoalescingOptionsFactory,
  NamedCoalescerOptions,
} from './coalescing-options.interface.js';
export type { BusyCoalescer, CoalescingReport } from './coalescing-report.interface.js';
export { COALESCING_CHANNEL, DEFAULT_COALESCER, FLIGHT_SHARING } from './coalescing.constants.js';
export { CoalescingExceptionFilter } from './coalescing.exception-filter.js';
export type { RefusalResponse } from './coalescing.exception-filter.js';
export { CoalescingHealthIndicator } from './coalescing.health-indicator.js';
export { COALESCING_OPTIONS } from './coalescing.module-definition.js';
export type { CoalescingModuleExtras } from './coalescing.module-definition.js';
export { CoalescingModule } from './coalescing.module.js';
export { CoalescingService } from './coalescing.service.js';
export { createCoalescer } from './create-coalescer.js';
export { currentFlight } from './current-flight.js';
export { getCoalescerToken } from './get-coalescer-token.js';
export { InjectCoalescer } from './inject-coalescer.decorator.js';
export * from './kernel/index.js';
export type { CoalescerLike } from './overflow-coalescer.js';
