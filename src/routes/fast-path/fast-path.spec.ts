import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  Injectable,
  Module,
  Scope,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import type {
  CallHandler,
  CanActivate,
  ExecutionContext,
  INestApplication,
  MiddlewareConsumer,
  NestInterceptor,
  NestModule,
} from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { APP_GUARD, APP_INTERCEPTOR, ApplicationConfig } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { z } from 'zod';
import { StableExpressAdapter } from '../../express/index.js';
import { StockApp } from '../testing/stock-app.js';
import type { StockOptions } from '../testing/stock-app.js';

/** How often somebody on the way of a request was called. */
let calls = 0;

type Next = () => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

const counting: Middleware = (_request, _response, next) => {
  calls += 1;
  next();
};

@Injectable()
class Guard implements CanActivate {
  canActivate(): boolean {
    calls += 1;
    return true;
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    calls += 1;
    return next.handle();
  }
}

@Module({})
class MiddlewareModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(counting).forRoutes('stock/:any');
  }
}

/** Express as it is under Nest's adapter. */
function expressOf(app: INestApplication<Server>): {
  get(path: string, handler: Middleware): void;
  param(name: string, handler: Middleware): void;
} {
  return app.getHttpAdapter().getInstance();
}

let shop: StockApp | undefined;

const start = async (options: StockOptions = {}): Promise<StockApp> =>
  (shop = await StockApp.start(options));

beforeEach(() => {
  calls = 0;
});

afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

describe.each([
  ['StableExpressAdapter', () => new StableExpressAdapter()],
  ['ExpressAdapter', () => new ExpressAdapter()],
])('the fast path on %s', (_name, adapter) => {
  it('answers hits before the framework sees them', async () => {
    const app = await start({ adapter: adapter() });
    expect(await app.frameworkSawOfThree()).toBe(0);
    expect((await app.ask()).text).toBe('http://stock.internal/{"id":"1"}');
  });

  it.each<[string, StockOptions]>([
    ['a guard of the route', { route: { use: [UseGuards(Guard)] } }],
    ['an interceptor of the route', { route: { use: [UseInterceptors(Interceptor)] } }],
    ['a global guard', { prepare: (app) => app.useGlobalGuards(new Guard()) }],
    ['a guard by APP_GUARD', { providers: [{ provide: APP_GUARD, useClass: Guard }] }],
    [
      'a guard made for each request',
      { providers: [{ provide: APP_GUARD, useClass: Guard, scope: Scope.REQUEST }] },
    ],
    ['a global interceptor', { prepare: (app) => app.useGlobalInterceptors(new Interceptor()) }],
    [
      'an interceptor by APP_INTERCEPTOR',
      { providers: [{ provide: APP_INTERCEPTOR, useClass: Interceptor }] },
    ],
    [
      'an interceptor made for each request',
      { providers: [{ provide: APP_INTERCEPTOR, useClass: Interceptor, scope: Scope.REQUEST }] },
    ],
    ['middleware of a module', { imports: [MiddlewareModule] }],
    ['middleware for everything', { prepare: (app) => app.use(counting) }],
    ['middleware for its path', { prepare: (app) => app.use('/stock', counting) }],
    [
      'a route of Express in front of it',
      { prepare: (app) => expressOf(app).get('/stock/{*rest}', counting) },
    ],
    ['a parameter callback', { prepare: (app) => expressOf(app).param('id', counting) }],
    [
      'a hook on requests',
      {
        prepare: (app) =>
          (app.getHttpAdapter() as ExpressAdapter).setOnRequestHook((_request, _response, done) => {
            calls += 1;
            done();
          }),
      },
    ],
    [
      'a hook on responses',
      {
        prepare: (app) =>
          (app.getHttpAdapter() as ExpressAdapter).setOnResponseHook(() => {
            calls += 1;
          }),
      },
    ],
  ])('passes nobody by: %s is called for each hit', async (_who, options) => {
    const app = await start({ adapter: adapter(), ...options });
    expect(await app.frameworkSawOfThree()).toBe(3);
    expect(calls).toBe(5);
  });

  it.each<[string, StockOptions]>([
    [
      'versioning',
      {
        prepare: (app) =>
          app.enableVersioning({
            type: VersioningType.HEADER,
            header: 'v',
            defaultVersion: VERSION_NEUTRAL,
          }),
      },
    ],
    ['headers that the key covers', { route: { headers: ['X-Tenant'] } }],
    [
      'parameters that are validated by a promise',
      { route: { params: z.looseObject({}).refine(() => Promise.resolve(true)) } },
    ],
    [
      'a hook before requests',
      {
        prepare: (app) =>
          app.get(ApplicationConfig).registerPreRequestHook((_context, next) => next()),
      },
    ],
    ['CORS', { prepare: (app) => app.enableCors({ origin: 'https://shop.example' }) }],
    ['the option itself', { fastPath: false }],
  ])('stays closed by %s', async (_what, options) => {
    const app = await start({ adapter: adapter(), ...options });
    expect(await app.frameworkSawOfThree()).toBe(3);
  });

  it('leaves alone middleware for other paths, body parsers and handlers of errors', async () => {
    const onError = (
      _error: unknown,
      request: IncomingMessage,
      response: ServerResponse,
      next: Next,
    ) => counting(request, response, next);
    const app = await start({
      adapter: adapter(),
      prepare: (nest) => nest.use('/elsewhere', counting).use(onError),
    });
    expect(await app.frameworkSawOfThree()).toBe(0);
    await app.ask('/elsewhere/1');
    expect(calls).toBe(1);
  });
});
