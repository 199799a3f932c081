import { Inject } from '@nestjs/common';
import { text } from '../ground/index.js';

/** Response header with the state in which the request was admitted or refused. */
export const CIRCUIT_STATE_HEADER = 'X-Circuit-State';

/** Response header with the whole seconds after which a refused request will be admitted. */
export const RETRY_AFTER_HEADER = 'Retry-After';

/**
 * What browsers may read across origins once CORS exposes it.
 * @example app.enableCors({ exposedHeaders: [...exposedCircuitHeaders] })
 */
export const exposedCircuitHeaders: readonly string[] = Object.freeze([
  CIRCUIT_STATE_HEADER,
  RETRY_AFTER_HEADER,
]);

/** `node:diagnostics_channel` on which every transition is published, as a `CircuitTransition`. */
export const CIRCUIT_TRANSITION_CHANNEL = 'breakwater:circuit:transition';

/** `node:diagnostics_channel` on which it is published what becomes of calls, as `CircuitCallEvent`s. */
export const CIRCUIT_CALL_CHANNEL = 'breakwater:circuit:call';

/** Token of the `SharedCircuits` by which the instances of a cluster share circuits, if there is one. */
export const SHARED_CIRCUITS = 'breakwater:circuit:shared';

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
