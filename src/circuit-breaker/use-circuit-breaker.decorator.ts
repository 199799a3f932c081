import { SetMetadata, UseFilters, UseInterceptors, applyDecorators } from '@nestjs/common';
import { CIRCUIT_TARGET_METADATA } from './circuit-breaker.constants.js';
import { CircuitOpenExceptionFilter } from './circuit-open.filter.js';
import { CircuitStateInterceptor } from './circuit-state.interceptor.js';
import type { CircuitTarget } from './circuit-target.interface.js';

/**
 * Protects a handler, or every handler of a class, by a circuit; on a method it wins over the class.
 * Refused requests are answered with 503, and every answer tells the state of the circuit.
 * @example @UseCircuitBreaker('payments')
 * @example @UseCircuitBreaker({ name: 'payments', per: (request) => request.params.tenant })
 */
export function UseCircuitBreaker<Request = any>( // eslint-disable-line @typescript-eslint/no-explicit-any
  target: string | CircuitTarget<Request>,
): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata(CIRCUIT_TARGET_METADATA, typeof target === 'string' ? { name: target } : target),
    UseInterceptors(CircuitStateInterceptor),
    UseFilters(CircuitOpenExceptionFilter),
  );
}
