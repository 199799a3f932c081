import type { ExecutionContext } from '@nestjs/common';
import type { CircuitBreakerService } from './circuit-breaker.service.js';
import type { CircuitTarget } from './circuit-target.interface.js';
import type { CircuitBreaker } from './kernel/index.js';

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
