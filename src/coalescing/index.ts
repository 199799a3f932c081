export type { KeyPart } from './argument-key.js';
export { Coalesce } from './coalesce.decorator.js';
export type {
  CoalesceDecorator,
  CoalesceKey,
  CoalesceOptions,
  CoalescedMethod,
} from './coalesce.decorator.js';
export type {
  CoalescingModuleOptions,
  CoalescingOptionsFactory,
  NamedCoalescerOptions,
} from './coalescing-options.interface.js';
export { CoalescingExceptionFilter } from './coalescing.exception-filter.js';
export type { RefusalResponse } from './coalescing.exception-filter.js';
export { CoalescingHealthIndicator } from './coalescing.health-indicator.js';
export { COALESCING_OPTIONS } from './coalescing.module-definition.js';
export type { CoalescingModuleExtras } from './coalescing.module-definition.js';
export { CoalescingModule } from './coalescing.module.js';
export { CoalescingService } from './coalescing.service.js';
export type { BusyCoalescer, CoalescingReport } from './coalescing.service.js';
export {
  COALESCING_CHANNEL,
  DEFAULT_COALESCER,
  FLIGHT_SHARING,
  InjectCoalescer,
  getCoalescerToken,
} from './coalescing.tokens.js';
export { createCoalescer, currentFlight } from './create-coalescer.js';
export * from './kernel/index.js';
export type { CoalescerLike } from './overflow-coalescer.js';
