import type { Server } from 'node:http';
import { Module, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpService } from '@nestjs/axios';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { backendUrl, defineRoute, RouteResponder, RoutesModule } from './index.js';

class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-tenant'] !== undefined;
  }
}

const orders = defineRoute({
  path: '/regions/:region/orders',
  params: z.object({ region: z.enum(['eu', 'us']) }),
  key: ({ region }) => [region],
  coalescer: ({ region }) => region,
  headers: ['X-Tenant'],
  circuit: 'orders',
  backend: ({ region }, env: { base: string }) => backendUrl(env.base, ['orders', region]),
  use: [UseGuards(TenantGuard)],
  freshMs: 60_000,
});

@Module({
  imports: [
    CoalescingModule.forRoot(),
    CircuitBreakerModule.forRoot({ policy: { kind: 'consecutive', failures: 1 } }),
    CachingModule.forRoot(),
    BackendModule.forRoot(),
    RoutesModule.forRoot({ environment: { base: 'http://orders.internal' } }),
    RoutesModule.forFeature([orders]),
  ],
})
class ShopModule {}

describe('a route in an application of its own', () => {
  let app: INestApplication<Server>;
  let calls: { url?: string; headers?: unknown }[];
  let answer: { status: number; data?: Buffer; headers?: object };

  const ask = (path: string, tenant?: string) => {
    const asked = request(app.getHttpServer()).get(path);
    return tenant === undefined ? asked : asked.set('X-Tenant', tenant);
  };

  beforeEach(async () => {
    calls = [];
    answer = { status: 200, data: Buffer.from('ok'), headers: {} };
    const axiosRef = {
      request: (config: object) => {
        calls.push(config);
        return Promise.resolve(answer);
      },
    };
    const testing = await Test.createTestingModule({ imports: [ShopModule] })
      .overrideProvider(HttpService)
      .useValue({ axiosRef })
      .compile();
    app = testing.createNestApplication({ logger: false });
    await app.init();
  });

  afterEach(() => app.close());

  it('can be purged by the name of one of its coalescers, and of no other', async () => {
    const status = async (region: string) =>
      (await ask(`/regions/${region}/orders`, 'a')).headers['cache-status'] ?? '';
    for (const region of ['eu', 'us']) expect(await status(region)).toContain('stored');
    await app.get(RouteResponder, { strict: false }).purge(orders, 'eu');
    expect(await status('us')).toContain('hit');
    expect(await status('eu')).toContain('stored');
  });

  it('tells the name of the coalescer, percent-encoded', async () => {
    const { headers } = await ask('/regions/eu/orders', 'a');
    expect(headers['x-coalescer-name']).toBe(encodeURIComponent('/regions/:region/orders:eu'));
  });

  it('is one declaration: path parameters, keyed headers, the backend and the cache', async () => {
    const first = await ask('/regions/eu/orders', 'a').expect(200, 'ok');
    expect(first.headers['cache-status']).toBe('breakwater; fwd=uri-miss; fwd-status=200; stored');
    const second = await ask('/regions/eu/orders', 'a').expect(200, 'ok');
    expect(second.headers['cache-status']).toMatch(/^breakwater; hit; ttl=\d+$/);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      url: 'http://orders.internal/orders/eu',
      headers: { 'x-tenant': 'a' },
    });
  });

  it('gives each value of a keyed header an entry of its own', async () => {
    await ask('/regions/eu/orders', 'a').expect(200);
    await ask('/regions/eu/orders', 'b').expect(200);
    expect(calls).toHaveLength(2);
  });

  it('runs the guards of its declaration', async () => {
    await ask('/regions/eu/orders').expect(403);
    expect(calls).toHaveLength(0);
  });

  it('refuses parameters that do not fit by name', async () => {
    const { body } = await ask('/regions/mars/orders', 'a').expect(400);
    expect((body as { error: string }).error).toMatch(/^region: /);
  });

  it('stands behind the circuit it names', async () => {
    answer = { status: 500 };
    await ask('/regions/eu/orders', 'a').expect(502, { error: 'backend unavailable' });
    const refused = await ask('/regions/us/orders', 'a').expect(503, { error: 'circuit open' });
    expect(refused.headers['x-circuit-state']).toBe('open');
    expect(calls).toHaveLength(1);
  });
});
