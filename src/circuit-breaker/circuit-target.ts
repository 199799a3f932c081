import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { OptionReader, callback, text } from '../ground/index.js';
import type { CircuitBreakerService } from './circuit-breaker.service.js';
import { CIRCUIT_OPTIONS } from './kernel/circuit-options.js';
import type { CircuitBreaker, CircuitBreakerOptions } from './kernel/index.js';

/** Which circuit protects a handler, and how it behaves. */
export interface CircuitTarget<Request = unknown> extends CircuitBreakerOptions {
  /** Name of the circuit; handlers that name the same one share it. */
  readonly name: string;
  /**
   * Gives each tenant, region or host a circuit of its own. `request` is the HTTP request, the payload
   * of a message, or what a method that is called directly gets first; `context` is left out there.
   * @example per: (request: Request) => request.params.tenant
   */
  readonly per?: ((request: Request, context: ExecutionContext) => string) | undefined;
}

export const CIRCUIT_TARGET = new OptionReader<CircuitTarget>({
  ...CIRCUIT_OPTIONS.rules,
  name: text,
  per: callback,
});

/** Key of the metadata that `@UseCircuitBreaker()` leaves on a class or a method. */
export const CIRCUIT_TARGET_METADATA = 'breakwater:circuit:target';

/** What protects a handler; the method wins over the class. */
export function targetOf(
  reflector: Reflector,
  context: ExecutionContext,
): CircuitTarget | undefined {
  return reflector.getAllAndOverride<CircuitTarget | undefined>(CIRCUIT_TARGET_METADATA, [
    context.getHandler(),
    context.getClass(),
  ]);
}

/**
 * The circuit of `target` that decides about one call.
 *
 * @param request the HTTP request, the payload of a message, or what a method is called with first
 * @param context left out where a method is called directly
 * @throws TypeError if `per` gives no key
 */
export function circuitOf(
  circuits: CircuitBreakerService,
  { name, per }: CircuitTarget,
  request: unknown,
  context?: ExecutionContext,
): CircuitBreaker {
  if (per === undefined) return circuits.circuit(name);
  const key: unknown = per(request, context as ExecutionContext);
  if (typeof key === 'string') return circuits.keyed(name, key);
  if (typeof key === 'number') return circuits.keyed(name, String(key));
  throw new TypeError(
    `"per" of @UseCircuitBreaker({ name: '${name}' }) gave ${key === null ? 'null' : typeof key}, but a ` +
      "circuit's key is text: return a default for calls that have none, such as request.params.tenant ?? 'none'",
  );
}
