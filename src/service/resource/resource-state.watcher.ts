import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  CIRCUIT_STATE_HEADER,
  CircuitBreakerService,
  SHARED_CIRCUITS,
} from '../../circuit-breaker/index.js';
import type { SharedCircuits } from '../../circuit-breaker/index.js';
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
    @Optional() @Inject(SHARED_CIRCUITS) private readonly shared?: SharedCircuits,
  ) {}

  opened(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOfTarget(request.url ?? '');
    if (!PATH.test(path.includes('%') ? this.routed(path) : path)) return;
    const context = contextOf(request);
    if (context) context.route = ROUTE;
    response.setHeader(CIRCUIT_STATE_HEADER, this.circuits.circuit(RESOURCE_CIRCUIT).state);
    const toldAll = this.shared?.toldAll;
    if (toldAll) endWhenTold(response, toldAll);
  }

  /** A path as it is matched: Express takes it as it came, Fastify decodes what it can. */
  private routed(path: string): string {
    return this.adapterHost.httpAdapter.getType() === 'express' ? path : decodedPath(path);
  }
}

/**
 * Has the end of an answer that says something about the backend wait until the other workers know of it:
 * whoever asks one of them next finds the circuit as this one left it. A success while the circuit is closed
 * is not waited for: it says that all is as it was.
 */
function endWhenTold(
  response: ServerResponse,
  toldAll: NonNullable<SharedCircuits['toldAll']>,
): void {
  const end = response.end.bind(response) as (...passed: unknown[]) => ServerResponse;
  const endLater = (...passed: unknown[]): ServerResponse => {
    const isProbe = response.getHeader(CIRCUIT_STATE_HEADER) === 'half-open';
    if (response.statusCode < 500 && !isProbe) return end(...passed);
    // The circuit hears of it in this turn.
    setImmediate(() => {
      void toldAll(RESOURCE_CIRCUIT).then(() => end(...passed));
    });
    return response;
  };
  response.end = endLater as ServerResponse['end'];
}
