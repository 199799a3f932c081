import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Optional, Req, Res, UseFilters } from '@nestjs/common';
import type { OnModuleInit, Type } from '@nestjs/common';
import { InFlightBytesError } from '../backend/index.js';
import type { NamedCache } from '../caching/index.js';
import { CircuitOpenExceptionFilter } from '../circuit-breaker/index.js';
import { CoalescingExceptionFilter } from '../coalescing/index.js';
import {
  callerSignal,
  contextOf,
  ownTurn,
  rawRequest,
  rawResponse,
  writeAnswer,
} from '../http/index.js';
import type { AdapterRequest, AdapterResponse, PreparedAnswer } from '../http/index.js';
import { cacheStatus } from '../http-cache/index.js';
import { demandImported } from '../module-options/index.js';
import { answerFor } from './conditions.js';
import { FastPath } from './fast-path/fast-path.js';
import { HttpRoutes } from './http-routes.js';
import type { RouteDeclaration } from './route-declaration.js';
import { describeController, describeHandler } from './route-documentation.js';
import { prepareReply } from './route-reply.js';
import { RouteHeaders, requestParameters, validateParameters } from './route-request.js';
import { RouteResponder } from './route-responder.service.js';
import type { RouteRequest } from './route-responder.service.js';

type RoutedRequest = AdapterRequest & { readonly params: Readonly<Record<string, string>> };

/** The value of `Cache-Status` where there is nothing to answer: it was looked for in vain. */
function failureStatus(route: RouteDeclaration, headers: RouteRequest['headers']): string {
  const { personal } = RouteHeaders.of(route.headers ?? [], headers);
  return cacheStatus({ fwd: personal ? 'bypass' : 'uri-miss' });
}

/** Puts what is told of a failure onto the answer to it, which others give; then throws `error`. */
function fail(route: RouteDeclaration, response: ServerResponse, error: unknown): never {
  if (!response.headersSent) {
    response.setHeader('Cache-Status', failureStatus(route, response.req.headers));
    if (error instanceof InFlightBytesError) {
      response.setHeader('Retry-After', String(Math.ceil(error.retryAfterMs / 1_000)));
    }
  }
  throw error;
}

/** Makes the Nest controller that serves a route, with the declaration's own decorators on it. */
export function routeController(route: RouteDeclaration): Type {
  @Controller()
  @UseFilters(CoalescingExceptionFilter, CircuitOpenExceptionFilter)
  class RouteController implements OnModuleInit {
    private readonly responder: RouteResponder;
    private readonly fastPath: FastPath;
    private readonly httpRoutes: HttpRoutes;
    /** None of a route whose answers say how long they live. */
    private readonly cache: NamedCache | undefined;

    constructor(
      @Optional() @Inject(RouteResponder) responder?: RouteResponder,
      @Optional() @Inject(FastPath) fastPath?: FastPath,
      @Optional() @Inject(HttpRoutes) httpRoutes?: HttpRoutes,
    ) {
      const demand = <Service>(service: Service | undefined, name: string): Service => {
        const who = `RoutesModule.forFeature() declares "${route.path}"`;
        return demandImported(service, who, name, 'RoutesModule.forRoot()');
      };
      this.responder = demand(responder, 'RouteResponder');
      this.fastPath = demand(fastPath, 'FastPath');
      this.httpRoutes = demand(httpRoutes, 'HttpRoutes');
      this.cache = route.freshness === 'http' ? undefined : this.responder.cacheOf(route);
    }

    async onModuleInit(): Promise<void> {
      if (route.freshness === 'http') await this.httpRoutes.of(route);
    }

    /** Serves GET and, without the body, HEAD. */
    answer(request: RoutedRequest, response: AdapterResponse): void | Promise<void> {
      const raw = rawRequest(request);
      const context = contextOf(raw);
      if (context) context.route = route.path;
      const hit = this.fastPath.hit(route, raw, request.params);
      if (hit === undefined) return this.inquire(request, raw, response);
      if (context) context.served = 'hit';
      this.write(response, hit, hit.ownFrom);
    }

    private async inquire(
      request: RoutedRequest,
      raw: IncomingMessage,
      response: AdapterResponse,
    ): Promise<void> {
      const { url = '/', headers } = raw;
      const valid = validateParameters(route.params, requestParameters(url, request.params));
      const params: unknown = valid instanceof Promise ? await valid : valid;
      const { cache } = this;
      if (cache === undefined) return this.answerByHttp(request, response, params);
      const signal = callerSignal(rawResponse(response));
      const context = contextOf(raw);
      const reply = await this.responder
        .answer(route, cache, { params, headers, signal, notes: context })
        .catch(async (error: unknown) => {
          await ownTurn();
          fail(route, rawResponse(response), error);
        });
      // What needs a promise to validate may ask others, each time anew.
      const { answer, hotKey: key, coalescer, served } = reply;
      if (key && !(valid instanceof Promise)) {
        this.fastPath.learn({ route, request, params: request.params, cache, key, coalescer });
      }
      if (context) context.served = served;
      await ownTurn();
      this.write(response, prepareReply({ ...reply, answer: answerFor(answer, headers) }));
    }

    private async answerByHttp(
      request: RoutedRequest,
      response: AdapterResponse,
      params: unknown,
    ): Promise<void> {
      try {
        const http = await this.httpRoutes.of(route);
        await http.answer(request, response, params);
      } catch (error) {
        fail(route, rawResponse(response), error);
      }
    }

    private write(response: AdapterResponse, answer: PreparedAnswer, from = 0): void {
      try {
        writeAnswer(response, answer, from);
      } catch (error) {
        fail(route, rawResponse(response), error);
      }
    }
  }
  Object.defineProperty(RouteController, 'name', { value: `RouteController(${route.path})` });

  const { prototype } = RouteController;
  Req()(prototype, 'answer', 0);
  Res()(prototype, 'answer', 1);
  const handler = Object.getOwnPropertyDescriptor(prototype, 'answer') as PropertyDescriptor;
  describeHandler(route, handler.value as object);
  for (const decorate of [Get(route.path), ...(route.use ?? [])]) {
    decorate(prototype, 'answer', handler);
  }
  describeController(route, RouteController, handler.value as object);
  Object.defineProperty(prototype, 'answer', handler);
  return RouteController;
}
