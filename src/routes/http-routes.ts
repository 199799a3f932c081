import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { BackendClient, BodiesInFlight, ConnectionPool, SENT_HEADERS } from '../backend/index.js';
import { CachingService, keyText } from '../caching/index.js';
import { CircuitBreakerService } from '../circuit-breaker/index.js';
import { CoalescingService } from '../coalescing/index.js';
import type { DeclaredExchange } from '../gateway/index.js';
import type { AdapterRequest, AdapterResponse } from '../http/index.js';
import { rawRequest } from '../http/index.js';
import { demandImported } from '../module-options/index.js';
import { policyOf } from './route-declaration.js';
import type { RouteDeclaration } from './route-declaration.js';
import { COALESCER_NAME_HEADER, coalescerFields } from './route-reply.js';
import { RouteHeaders } from './route-request.js';
import { RouteResponder, keyOf, nameOf, tagsOf } from './route-responder.service.js';
import { ROUTES_ENVIRONMENT } from './routes.module-definition.js';

/** A route whose answers say themselves how long they live. */
export interface HttpRoute {
  /**
   * Answers a request with these parameters.
   *
   * @throws what the backend, the circuit or the coalescer throw, while the head of the answer is not out
   */
  answer(request: AdapterRequest, response: AdapterResponse, params: unknown): Promise<void>;
}

/** Name of the cache of such a route: nothing that was kept by other rules is ever read in it. */
export function httpCacheOf({ path }: RouteDeclaration): string {
  return `${path}~http`;
}

/** The text of the key of a request in the cache of such a route: it has no line break. */
export function httpKeyOf(route: RouteDeclaration, params: unknown, headers: RouteHeaders): string {
  return keyText([...keyOf(route, params), headers.values]);
}

/**
 * Makes those routes answer by the gateway's exchange: it decides as HTTP says, and the declaration says what is
 * asked for. The gateway is loaded when the first of them is there.
 */
@Injectable()
export class HttpRoutes implements OnApplicationShutdown {
  private readonly pool = new ConnectionPool();
  private readonly made = new Map<RouteDeclaration, Promise<HttpRoute>>();

  constructor(
    private readonly responder: RouteResponder,
    @Optional() @Inject(CachingService) private readonly caching: CachingService | undefined,
    @Optional()
    @Inject(CoalescingService)
    private readonly coalescing: CoalescingService | undefined,
    @Optional()
    @Inject(CircuitBreakerService)
    private readonly circuits: CircuitBreakerService | undefined,
    @Optional() @Inject(BackendClient) private readonly client: BackendClient | undefined,
    @Optional() @Inject(BodiesInFlight) private readonly bodies: BodiesInFlight | undefined,
    @Inject(ROUTES_ENVIRONMENT) private readonly environment: object,
  ) {}

  /** What answers a route, made once. */
  of(route: RouteDeclaration): Promise<HttpRoute> {
    let made = this.made.get(route);
    if (made === undefined) this.made.set(route, (made = this.make(route)));
    return made;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }

  private async make(route: RouteDeclaration): Promise<HttpRoute> {
    const { DeclaredExchange } = await import('../gateway/index.js');
    const { path: name, circuit, maxEntryBytes, headers = [] } = route;
    const removes = route.coalescer === undefined ? [] : [COALESCER_NAME_HEADER];
    const exchange = new DeclaredExchange(
      this.parts(),
      this.pool,
      { name, cacheName: httpCacheOf(route), circuit, maxEntryBytes, headers, removes },
      policyOf(route),
    );
    this.responder.keep(route, exchange.cache);
    return {
      answer: (request, response, params) =>
        this.answer(route, exchange, { request, response, params }),
    };
  }

  private parts(): ConstructorParameters<typeof DeclaredExchange>[0] {
    const demand = <Service>(service: Service | undefined, name: string, call: string): Service =>
      demandImported(service, 'RoutesModule.forRoot() composes others', name, call);
    return {
      caching: demand(this.caching, 'CachingService', 'CachingModule.forRoot()'),
      coalescing: demand(this.coalescing, 'CoalescingService', 'CoalescingModule.forRoot()'),
      circuits: demand(this.circuits, 'CircuitBreakerService', 'CircuitBreakerModule.forRoot()'),
      client: demand(this.client, 'BackendClient', 'BackendModule.forRoot()'),
      bodies: demand(this.bodies, 'BodiesInFlight', 'BackendModule.forRoot()'),
    };
  }

  private answer(
    route: RouteDeclaration,
    exchange: DeclaredExchange,
    {
      request,
      response,
      params,
    }: { request: AdapterRequest; response: AdapterResponse; params: unknown },
  ): Promise<void> {
    const fields: IncomingHttpHeaders = rawRequest(request).headers;
    const headers = RouteHeaders.of(route.headers ?? [], fields);
    const coalescer = route.coalescer && nameOf(route, route.coalescer(params));
    return exchange.answer(request, response, {
      key: httpKeyOf(route, params, headers),
      tags: tagsOf(route, params, coalescer),
      url: route.backend(params, this.environment),
      fields: Object.entries({ ...SENT_HEADERS, ...headers.sent }).flat(),
      flights:
        coalescer === undefined ? undefined : this.coalescing?.coalescer(coalescer, route.path),
      told: coalescerFields(coalescer),
    });
  }
}
