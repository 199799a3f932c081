import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { CircuitBreakerService, demandCircuits } from './circuit-breaker.service.js';
import { rawResponseOf, sealCircuitHeaders } from './circuit-headers.js';
import { circuitOf, targetOf } from './circuit-target.js';
import type { CircuitTarget } from './circuit-target.js';
import { markHandled } from './direct-call.js';
import { callOf, handleWithin, settleOf, whenPermitted } from './handler-call.js';
import { CircuitOpenError } from './kernel/index.js';
import type { CircuitBreaker } from './kernel/index.js';
import { settleCall, settleHttpCall } from './settle-call.js';

/**
 * Marks calls that a circuit has decided about: bound to class and method, the interceptor runs twice.
 * A weak set of millions of short-lived calls would cost the garbage collector more than all else here.
 */
const DECIDED = Symbol('breakwater:circuit-decided');

type Marked = ExecutionContext & { [DECIDED]?: true };

/**
 * Asks the circuit before the handler runs and tells it afterwards. Over HTTP every answer, errors
 * included, carries the state at admission as `X-Circuit-State`.
 */
@Injectable()
export class CircuitStateInterceptor implements NestInterceptor {
  private readonly circuits: CircuitBreakerService;

  /** @throws Error that says what to import, where the module is not there */
  constructor(
    @Optional() @Inject(CircuitBreakerService) circuits: CircuitBreakerService | undefined,
    private readonly reflector: Reflector,
  ) {
    const who = 'CircuitStateInterceptor (or @UseCircuitBreaker()) is used';
    this.circuits = demandCircuits(circuits, who);
  }

  /** @throws CircuitOpenError if the circuit refuses */
  intercept(context: Marked, next: CallHandler): Observable<unknown> {
    const target = this.targetOf(context);
    if (target === undefined || context[DECIDED]) return next.handle();
    context[DECIDED] = true;
    markHandled(target);

    const circuit = this.circuitOf(target, context);
    // Before any await: of requests that arrive together, the first is the probe.
    const admission = circuit.admit();
    const isHttp = context.getType() === 'http';
    if (isHttp) sealCircuitHeaders(rawResponseOf(context), admission);
    if (!admission.admitted) throw new CircuitOpenError(circuit.name, admission);

    const { settle, permit } = admission;
    const { clock } = this.circuits;
    const admittedAt = clock.monotonic();
    const elapsedMs = () => clock.monotonic() - admittedAt;
    const call = callOf(context.getHandler(), target);
    const handle = () => handleWithin(call, next);
    const handled = permit ? whenPermitted(permit, circuit.name, handle) : handle();
    if (!isHttp) return handled.pipe(settleCall(context, settleOf(settle, call), elapsedMs));
    const request = context.switchToHttp().getRequest<object>();
    const response = rawResponseOf(context);
    return handled.pipe(
      settleHttpCall({ request, response, settle: settleOf(settle, call), elapsedMs }),
    );
  }

  /** What protects the handler; the method wins over the class. */
  protected targetOf(context: ExecutionContext): CircuitTarget | undefined {
    return targetOf(this.reflector, context);
  }

  /** The circuit that decides about this call. */
  protected circuitOf(target: CircuitTarget, context: ExecutionContext): CircuitBreaker {
    if (target.per === undefined) return this.circuits.circuit(target.name);
    return circuitOf(this.circuits, target, requestOf(context), context);
  }
}

function requestOf(context: ExecutionContext): unknown {
  if (context.getType() === 'rpc') return context.switchToRpc().getData();
  if (context.getType() === 'ws') return context.switchToWs().getData();
  return context.switchToHttp().getRequest();
}
