export { CircuitOpenExceptionFilter } from './circuit-breaker.filter.js';
export { CircuitBreakerHealthIndicator } from './circuit-breaker.health.js';
export type { CircuitStates } from './circuit-breaker.health.js';
export { CircuitBreakerModule } from './circuit-breaker.module.js';
export type {
  CircuitBreakerModuleExtras,
  CircuitBreakerModuleOptions,
  CircuitBreakerOptionsFactory,
  CircuitFeature,
} from './circuit-breaker.options.js';
export { CircuitBreakerService } from './circuit-breaker.service.js';
export type { TransitionListener } from './circuit-breaker.service.js';
export {
  CIRCUIT_CALL_CHANNEL,
  CIRCUIT_STATE_HEADER,
  CIRCUIT_TRANSITION_CHANNEL,
  InjectCircuitBreaker,
  SHARED_CIRCUITS,
  exposedCircuitHeaders,
  getCircuitBreakerToken,
} from './circuit-breaker.tokens.js';
export { CircuitStateGuard } from './circuit-state.guard.js';
export { CircuitStateInterceptor } from './circuit-state.interceptor.js';
export type { CircuitTarget } from './circuit-target.js';
export { CircuitTransitionLogger } from './circuit-transition.logger.js';
export * from './kernel/index.js';
export { UseCircuitBreaker } from './use-circuit-breaker.decorator.js';
