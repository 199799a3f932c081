import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CIRCUIT_STATE_HEADER, CircuitBreakerService } from '../../circuit-breaker/index.js';
import { contextOf, decodedPath, pathOfTarget } from '../../http/index.js';
import type { RequestWatcher } from '../../http/index.js';
import { RESOURCE_CIRCUIT } from './resource.controller.js';

/** What the log calls it, whoever answers. */
const ROUTE = '/api/resource';

/** The paths that a router, or the middleware before it, takes for the route: in any case, with a slash. */
const PATH = /^\/api\/resource\/?$/i;

/**
 * Has every answer of the route carry the state of its circuit, whoever gives it: CORS to a preflight, a
 * global guard, or the check of the request's head. Where the circuit decides about a request, it is the
 * state at that decision.
 */
@Injectable()
export class ResourceStateWatcher implements RequestWatcher {
  constructor(
    private readonly circuits: CircuitBreakerService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  opened(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOfTarget(request.url ?? '');
    if (!PATH.test(path.includes('%') ? this.routed(path) : path)) return;
    const context = contextOf(request);
    if (context) context.route = ROUTE;
    response.setHeader(CIRCUIT_STATE_HEADER, this.circuits.circuit(RESOURCE_CIRCUIT).state);
  }

  /** A path as it is matched: Express takes it as it came, Fastify decodes what it can. */
  private routed(path: string): string {
    return this.adapterHost.httpAdapter.getType() === 'express' ? path : decodedPath(path);
  }
}
