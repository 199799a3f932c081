import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  UseGuards,
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
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StockApp, stock } from '../testing/stock-app.js';
import type { StockOptions } from '../testing/stock-app.js';

/** How often somebody on the way of a request was called. */
let calls = 0;

type Done = () => void;
type Hook = (...passed: never[]) => unknown;

/** As Fastify has it under Nest's adapter, as far as it is used here. */
interface Fastify {
  addHook(name: string, hook: Hook): void;
  register(plugin: (instance: Fastify, options: object, done: Done) => void): void;
  route(options: object): void;
  setChildLoggerFactory(factory: (logger: object) => object): void;
  setGenReqId(make: () => string): void;
  close(): Promise<void>;
}

const fastifyOf = (app: INestApplication<Server>): Fastify => app.getHttpAdapter().getInstance();
const count = () => (calls += 1);

const before = (_request: unknown, _reply: unknown, done: Done): void => {
  count();
  done();
};
const withPayload = (
  _request: unknown,
  _reply: unknown,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void => {
  count();
  done(null, payload);
};

@Injectable()
class Guard implements CanActivate {
  canActivate(): boolean {
    count();
    return true;
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    count();
    return next.handle();
  }
}

/** A module whose middleware is bound to these paths. */
function middlewareFor(...paths: string[]) {
  @Module({})
  class MiddlewareModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(before).forRoutes(...paths);
    }
  }
  return MiddlewareModule;
}

@Controller('elsewhere')
class Elsewhere {
  @Get(':any')
  find(): string {
    return 'elsewhere';
  }
}

@Module({ controllers: [Elsewhere] })
class ElsewhereModule {}

const hook = (name: string, called: Hook): StockOptions => ({
  prepare: (app) => fastifyOf(app).addHook(name, called),
});

let shop: StockApp | undefined;

const start = async (options: StockOptions = {}): Promise<StockApp> =>
  (shop = await StockApp.start({ adapter: new FastifyAdapter(), ...options }));

beforeEach(() => {
  calls = 0;
});

afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

describe('the fast path on Fastify', () => {
  it('answers hits before the framework sees them', async () => {
    const app = await start();
    expect(await app.frameworkSawOfThree()).toBe(0);
    expect((await app.ask()).text).toBe('http://stock.internal/{"id":"1"}');
  });

  it.each<[string, StockOptions]>([
    ['a guard of the route', { route: { use: [UseGuards(Guard)] } }],
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
    ['middleware of a module', { imports: [middlewareFor('stock/:any')] }],
    ['middleware of a module for all below', { imports: [middlewareFor('stock/*any')] }],
    ['middleware of a module for everything', { imports: [middlewareFor('*any')] }],
    ['middleware for everything', { prepare: (app) => app.use(before) }],
    ['middleware for its path', { prepare: (app) => app.use('/stock', before) }],
    ['middleware for its path, in other letters', { prepare: (app) => app.use('/STOCK', before) }],
    ['middleware for several paths', { prepare: (app) => app.use(['/none', '/stock'], before) }],
    ['onRequest', hook('onRequest', before)],
    ['preParsing', hook('preParsing', withPayload)],
    ['preValidation', hook('preValidation', before)],
    ['preHandler', hook('preHandler', before)],
    ['onResponse', hook('onResponse', before)],
    [
      'a hook that a plugin gives to each route',
      hook('onRoute', (options: { preHandler?: Hook }) => {
        options.preHandler = before;
      }),
    ],
    [
      'a hook on requests',
      {
        prepare: (app) =>
          (app.getHttpAdapter() as FastifyAdapter).setOnRequestHook((_request, _reply, done) => {
            count();
            done();
          }),
      },
    ],
    [
      'a hook on responses',
      {
        prepare: (app) =>
          (app.getHttpAdapter() as FastifyAdapter).setOnResponseHook((_request, _reply, done) => {
            count();
            done();
          }),
      },
    ],
    ['who makes ids', { prepare: (app) => fastifyOf(app).setGenReqId(() => String(count())) }],
    [
      'who makes loggers',
      {
        prepare: (app) =>
          fastifyOf(app).setChildLoggerFactory((logger) => {
            count();
            return logger;
          }),
      },
    ],
    [
      'who rewrites targets',
      {
        adapter: new FastifyAdapter({
          rewriteUrl: (request: { url?: string }) => {
            count();
            return request.url ?? '/';
          },
        }),
      },
    ],
    [
      'a server of its own making',
      {
        adapter: new FastifyAdapter({
          serverFactory: (handle: RequestListener) =>
            createServer((request, response) => {
              count();
              handle(request, response);
            }),
        }),
      },
    ],
  ])('passes nobody by: %s is called for each hit', async (_who, options) => {
    const app = await start(options);
    expect(await app.frameworkSawOfThree()).toBe(3);
    expect(calls).toBe(5);
  });

  it.each(['preSerialization', 'onSend', 'onError', 'onTimeout', 'onRequestAbort'])(
    'stays closed by a hook of the name %s, which other answers meet',
    async (name) => {
      const app = await start(hook(name, before));
      expect(await app.frameworkSawOfThree()).toBe(3);
    },
  );

  it('has a logger tell of each hit', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const app = await start({ adapter: new FastifyAdapter({ logger: { level: 'info', stream } }) });
    expect(await app.frameworkSawOfThree()).toBe(3);
    expect(lines.filter((line) => line.includes('incoming request'))).toHaveLength(5);
  });

  it('leaves a path to its routes where they differ by more than it', async () => {
    const app = await start({
      prepare: (nest) =>
        fastifyOf(nest).route({
          ...{ method: 'GET', url: '/stock/:id', constraints: { host: 'other.example' } },
          handler: () => Promise.resolve('of the other host'),
        }),
    });
    expect(await app.frameworkSawOfThree()).toBe(3);
    expect((await app.ask('/stock/1', { host: 'other.example' })).text).toBe('of the other host');
  });

  it.each<[string, StockOptions]>([
    [
      'versioning',
      {
        prepare: (app) =>
          app.enableVersioning({
            ...{ type: VersioningType.HEADER, header: 'v', defaultVersion: VERSION_NEUTRAL },
          }),
      },
    ],
    ['headers that the key covers', { route: { headers: ['X-Tenant'] } }],
    ['the option itself', { fastPath: false }],
    [
      'a schema that a plugin gives to each route',
      hook('onRoute', (options: { schema?: object }) => {
        options.schema = { querystring: { type: 'object' } };
      }),
    ],
  ])('stays closed by %s', async (_what, options) => {
    const app = await start(options);
    expect(await app.frameworkSawOfThree()).toBe(3);
  });

  it('gives CORS its fields each time', async () => {
    const app = await start({
      prepare: (nest) => nest.enableCors({ origin: 'https://shop.example' }),
    });
    expect(await app.frameworkSawOfThree()).toBe(3);
    const { headers } = await app.ask();
    expect(headers['access-control-allow-origin']).toBe('https://shop.example');
  });

  it('stays closed while somebody listens to what Fastify tells of each handler', async () => {
    const channel = 'tracing:fastify.request.handler:start';
    subscribe(channel, count);
    try {
      const app = await start();
      expect(await app.frameworkSawOfThree()).toBe(3);
      expect(calls).toBe(5);
    } finally {
      unsubscribe(channel, count);
    }
  });

  it.each(['/stock/a%20b', '/stock/1?x=%20', '//stock/1', '/stock//1'])(
    'answers the same for %s, however it is read',
    async (target) => {
      const app = await start();
      const replies = [];
      for (let i = 0; i < 5; i += 1) replies.push(await app.ask(target));
      const said = replies.map(({ status, text }) => `${status} ${text}`);
      expect(new Set(said).size).toBe(1);
    },
  );

  it('leaves alone middleware, hooks and routes of other paths', async () => {
    const sizes = { ...stock, path: '/stock/:id/sizes' };
    const app = await start({
      imports: [middlewareFor('elsewhere/:any', 'stockings', 'stock/:id/sizes'), ElsewhereModule],
      routes: [sizes],
      prepare: (nest) => {
        nest.use('/elsewhere', before);
        fastifyOf(nest).register((instance, _options, done) => {
          instance.addHook('onRequest', before);
          instance.route({ method: 'GET', url: '/plugin', handler: () => Promise.resolve('x') });
          done();
        });
      },
    });
    expect(await app.frameworkSawOfThree()).toBe(0);
    expect(calls).toBe(0);
    await app.ask('/elsewhere/1');
    expect(calls).toBe(2);
    await app.ask('/plugin');
    expect(calls).toBe(3);
  });
});
