import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CIRCUIT_STATE_HEADER, CIRCUIT_TARGET_METADATA } from './circuit-breaker.constants.js';
import { demandImported } from '../module-options/index.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import type { CircuitTarget } from './circuit-target.interface.js';
import { rawResponseOf } from './raw-response.js';

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
    const who = 'CircuitStateGuard (or @UseCircuitBreaker()) is used';
    const call = 'CircuitBreakerModule.forRoot()';
    this.circuits = demandImported(circuits, who, 'CircuitBreakerService', call);
  }

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const target = this.reflector.getAllAndOverride<CircuitTarget | undefined>(
      CIRCUIT_TARGET_METADATA,
      [context.getHandler(), context.getClass()],
    );
    // Which key such a request has may be for the guards to find out.
    if (target === undefined || target.per !== undefined) return true;
    const response = rawResponseOf(context);
    if (!response.headersSent) {
      response.setHeader(CIRCUIT_STATE_HEADER, this.circuits.circuit(target.name).state);
    }
    return true;
  }
}
