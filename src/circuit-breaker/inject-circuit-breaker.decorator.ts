import { Inject } from '@nestjs/common';

/** Token under which `CircuitBreakerModule.forFeature` provides the circuit `name`. */
export function getCircuitBreakerToken(name: string): string {
  return `BREAKWATER_CIRCUIT_BREAKER:${name}`;
}

/** Injects the circuit `name`, which `CircuitBreakerModule.forFeature([name])` provides. */
export function InjectCircuitBreaker(name: string): ParameterDecorator & PropertyDecorator {
  return Inject(getCircuitBreakerToken(name));
}
