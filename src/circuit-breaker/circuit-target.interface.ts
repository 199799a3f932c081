import type { ExecutionContext } from '@nestjs/common';
import { OptionReader, callback, text } from '../ground/index.js';
import type { CircuitBreakerOptions } from './kernel/index.js';
import { CIRCUIT_OPTIONS } from './kernel/circuit-options.js';

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
