export type {
  CircuitBreakerModuleOptions,
  CircuitBreakerOptionsFactory,
} from './circuit-breaker-module-options.interface.js';
export {
  CIRCUIT_STATE_HEADER,
  CIRCUIT_TRANSITION_CHANNEL,
  SHARED_CIRCUITS,
  exposedCircuitHeaders,
} from './circuit-breaker.constants.js';
export { CircuitBreakerHealthIndicator } from './circuit-breaker.health.js';
export type { CircuitStates } from './circuit-breaker.health.js';
export type { CircuitBreakerModuleExtras } from './circuit-breaker.module-definition.js';
export { CircuitBreakerModule } from './circuit-breaker.module.js';
export type { CircuitFeature } from './circuit-breaker.module.js';
export { CircuitBreakerService } from './circuit-breaker.service.js';
export { CircuitOpenExceptionFilter } from './circuit-open.filter.js';
export { CircuitStateGuard } from './circuit-state.guard.js';
export { CircuitStateInterceptor } from './circuit-state.interceptor.js';
export type { CircuitTarget } from './circuit-target.interface.js';
export { CircuitTransitionLogger } from './circuit-transition.logger.js';
export type { TransitionListener } from './circuit-transitions.js';
export {
  InjectCircuitBreaker,
  getCircuitBreakerToken,
} from './inject-circuit-breaker.decorator.js';
export * from './kernel/index.js';
export { UseCircuitBreaker } from './use-circuit-breaker.decorator.js';
