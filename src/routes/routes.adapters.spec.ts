import { get } from 'node:http';
import { Controller, Injectable, Module, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import type {
  CallHandler,
  CanActivate,
  ExecutionContext,
  INestApplication,
  NestInterceptor,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpAdapterHost } from '@nestjs/core';
import { HttpService } from '@nestjs/axios';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { defineRoute, RoutesModule } from './index.js';

/** Sets a header by the framework's own response, as guards for rate limits do. */
@Injectable()
class QuotaGuard implements CanActivate {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  canActivate(context: ExecutionContext): boolean {
    const response: unknown = context.switchToHttp().getResponse();
    this.adapterHost.httpAdapter.setHeader(response, 'X-Quota', '9');
    this.adapterHost.httpAdapter.setHeader(response, 'Vary', 'X-Plan');
    return true;
  }
}

@Injectable()
class RegionInterceptor implements NestInterceptor {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler) {
    const response: unknown = context.switchToHttp().getResponse();
    this.adapterHost.httpAdapter.setHeader(response, 'X-Region', 'eu');
    return next.handle();
  }
}

const stock = defineRoute({
  path: '/stock',
  params: z.object({}),
  key: () => [],
  backend: () => 'http://stock.internal/',
  use: [UseGuards(QuotaGuard), UseInterceptors(RegionInterceptor)],
});

@Module({
  imports: [
    CoalescingModule.forRoot(),
    CircuitBreakerModule.forRoot(),
    CachingModule.forRoot(),
    BackendModule.forRoot(),
    RoutesModule.forRoot(),
    RoutesModule.forFeature([stock]),
  ],
})
class StockModule {}

const elsewhere = { params: z.object({}), key: () => [], backend: () => 'http://stock.internal/' };

@Controller()
class OrdersController {
  @Post('orders')
  order(): string {
    return 'ordered';
  }
}

@Module({
  imports: [
    RoutesModule.forFeature([
      defineRoute({ ...elsewhere, path: '/orders', otherMethods: 'leave' }),
    ]),
  ],
  controllers: [OrdersController],
})
class OrdersModule {}

describe.each([
  ['Express', () => new ExpressAdapter(), '*path'],
  ['Fastify', () => new FastifyAdapter(), '*'],
])('a route on %s', (_name, adapter, wildcard) => {
  let app: INestApplication;

  afterEach(() => app.close());

  it('keeps the headers that guards, interceptors and CORS have set, beside those of the answer', async () => {
    const answer = {
      status: 200,
      data: Buffer.from('ok'),
      headers: {
        'content-type': 'text/x',
        'content-disposition': 'x="\xc4\x8d\xc4\x8a"',
        vary: 'Accept-Encoding',
      },
    };
    const testing = await Test.createTestingModule({ imports: [StockModule] })
      .overrideProvider(HttpService)
      .useValue({ axiosRef: { request: () => Promise.resolve(answer) } })
      .compile();
    app = testing.createNestApplication(adapter(), { logger: false });
    app.enableCors({ origin: 'https://shop.example' });
    await app.listen(0, '127.0.0.1');
    for (const served of ['fwd=uri-miss', 'hit']) {
      const { headers } = await fetch(`${await app.getUrl()}/stock`, {
        headers: { Origin: 'https://shop.example' },
      });
      expect(headers.get('cache-status')).toContain(served);
      expect(headers.get('content-type')).toBe('text/x');
      expect(headers.get('content-disposition')).toBe('x="\xc4\x8d\xc4\x8a"');
      expect(headers.get('x-quota')).toBe('9');
      expect(headers.get('x-region')).toBe('eu');
      expect(headers.get('access-control-allow-origin')).toBe('https://shop.example');
      expect(headers.get('vary')).toBe('X-Plan, Accept-Encoding');
    }
  });

  it('refuses other methods by 405 with Allow, and leaves those that somebody else serves', async () => {
    const testing = await Test.createTestingModule({
      imports: [StockModule, OrdersModule],
    }).compile();
    app = testing.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await fetch(`${url}/stock`, { method });
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect((await fetch(`${url}/orders`, { method: 'POST' })).status).toBe(201);
  });

  it.each([
    ...['/items/%ff', '/items/a%ZZ', '/items/%', '/trees/a/%ff', '/trees/%c3/b'],
    ...['/items/a?b=%ff', '/items/a?%ff=b', '/items/a?%ff', '/items/a?b=%', '/trees/a?%ZZ'],
  ])('refuses what is not percent-encoded UTF-8, wherever it stands: %s', async (path) => {
    const calls: unknown[] = [];
    const request = (call: unknown) => {
      calls.push(call);
      return Promise.resolve({ status: 200, data: Buffer.from('ok'), headers: {} });
    };
    const items = ['/items/:id', `/trees/${wildcard}`].map((declared) =>
      defineRoute({
        ...{ ...elsewhere, path: declared, params: z.looseObject({}) },
        key: (params) => [JSON.stringify(params)],
      }),
    );
    const testing = await Test.createTestingModule({
      imports: [StockModule, RoutesModule.forFeature(items)],
    })
      .overrideProvider(HttpService)
      .useValue({ axiosRef: { request } })
      .compile();
    app = testing.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    expect((await fetch(`${url}${path.replaceAll(/%\w*/g, 'x')}`)).status).toBe(200);
    const status = await new Promise<unknown>((resolve, reject) => {
      // As it stands: `fetch` would encode it anew.
      get(url, { path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect([status, calls.length]).toEqual([400, 1]);
  });

  it('says by Cache-Status that it had nothing where the backend fails', async () => {
    const testing = await Test.createTestingModule({ imports: [StockModule] })
      .overrideProvider(HttpService)
      .useValue({ axiosRef: { request: () => Promise.reject(new Error('down')) } })
      .compile();
    app = testing.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    for (const [headers, told] of [
      [{}, 'breakwater; fwd=uri-miss'],
      [{ Cookie: 'a=b' }, 'breakwater; fwd=bypass'],
    ] as const) {
      const reply = await fetch(`${url}/stock`, { headers });
      expect([reply.status, reply.headers.get('cache-status')]).toEqual([502, told]);
    }
  });
});
