import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { CIRCUIT_STATE_HEADER, CircuitBreakerService } from '../../circuit-breaker/index.js';
import type { RequestWatcher } from '../../http/index.js';
import { RESOURCE_CIRCUIT } from './resource.controller.js';

/** A target of the route, as every adapter routes it: with a host before it, or a query behind it. */
const TARGET = /^(?:https?:\/\/[^/?#]*)?\/api\/resource\/?(?:[?#]|$)/i;

/**
 * Has every answer of the route carry the state of its circuit, whoever gives it: CORS to a preflight, a
 * global guard, or the check of the request's head. Where the circuit decides about a request, it is the
 * state at that decision.
 */
@Injectable()
export class ResourceStateWatcher implements RequestWatcher {
  constructor(private readonly circuits: CircuitBreakerService) {}

  opened({ url = '' }: IncomingMessage, response: ServerResponse): void {
    if (!TARGET.test(url)) return;
    response.setHeader(CIRCUIT_STATE_HEADER, this.circuits.circuit(RESOURCE_CIRCUIT).state);
  }
}
