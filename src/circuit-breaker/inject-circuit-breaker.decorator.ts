import { Inject } from '@nestjs/common';
import { text } from '../ground/index.js';

/**
 * Token under which `CircuitBreakerModule.forFeature` provides the circuit `name`. It reads like that call:
 * Nest's message tells it where nobody has called it.
 *
 * @throws InvalidOptionError for a name that is no text
 */
export function getCircuitBreakerToken(name: string): string {
  text.check(name, '@InjectCircuitBreaker()', 'name');
  return `CircuitBreakerModule.forFeature([${JSON.stringify(name)}])`;
}

/** Injects the circuit `name`, which `CircuitBreakerModule.forFeature([name])` provides. */
export function InjectCircuitBreaker(name: string): ParameterDecorator & PropertyDecorator {
  return Inject(getCircuitBreakerToken(name));
}
