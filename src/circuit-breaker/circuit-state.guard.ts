import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CircuitBreakerService, demandCircuits } from './circuit-breaker.service.js';
import { CIRCUIT_STATE_HEADER } from './circuit-breaker.tokens.js';
import { rawResponseOf } from './circuit-headers.js';
import { targetOf } from './circuit-target.js';

/**
 * Lets everybody pass, and tells the state of the circuit on the answer of whom a later guard refuses:
 * the circuit is not asked about such a request. Stands before the other guards of a class.
 */
@Injectable()
export class CircuitStateGuard implements CanActivate {
  private readonly circuits: CircuitBreakerService;

  /** @throws Error that says what to import, where the module is not there */
  constructor(
    @Optional() @Inject(CircuitBreakerService) circuits: CircuitBreakerService | undefined,
    private readonly reflector: Reflector,
  ) {
    this.circuits = demandCircuits(circuits, 'CircuitStateGuard (or @UseCircuitBreaker()) is used');
  }

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const target = targetOf(this.reflector, context);
    // Which key such a request has may be for the guards to find out.
    if (target === undefined || target.per !== undefined) return true;
    const response = rawResponseOf(context);
    if (!response.headersSent) {
      response.setHeader(CIRCUIT_STATE_HEADER, this.circuits.circuit(target.name).state);
    }
    return true;
  }
}
