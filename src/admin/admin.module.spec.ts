import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { CanActivate, ExecutionContext, INestApplication, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { of } from 'rxjs';
import { CachingModule, CachingService } from '../caching/index.js';
import { CircuitBreakerModule, CircuitBreakerService } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { AdminModule } from './admin.module.js';
import { AdminService } from './admin.service.js';

const TOKEN = '0123456789abcdef';
const SHOWN = { authorization: `Bearer ${TOKEN}` };

let app: INestApplication | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(
  imports: readonly unknown[],
  adapter: 'express' | 'fastify' = 'express',
  prefix?: string,
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const module = await Test.createTestingModule({ imports: imports as Type[] }).compile();
  app = module.createNestApplication(
    adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
    { logger: false },
  );
  if (prefix !== undefined) app.setGlobalPrefix(prefix);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
}

const PARTS = [CoalescingModule.forRoot(), CircuitBreakerModule.forRoot(), CachingModule.forRoot()];

describe('AdminModule', () => {
  it.each(['express', 'fastify'] as const)('serves an application on %s', async (adapter) => {
    const ask = await start(
      [...PARTS, AdminModule.forRoot({ token: TOKEN, name: 'shop' })],
      adapter,
    );
    app?.get(CircuitBreakerService).circuit('payments');
    await app
      ?.get(CachingService)
      .cache('products')
      .get('k', () => Promise.resolve('v'));
    expect((await ask('/admin')).status).toBe(401);
    const seen = await ask('/admin', { headers: SHOWN });
    expect(await seen.json()).toMatchObject({
      process: { name: 'shop', version: '' },
      circuits: { list: [{ name: 'payments' }] },
      traffic: { totals: { refused: 0 } },
    });
    // The application has read the body already.
    const order = (content: string): Promise<Response> =>
      ask('/admin/circuits', {
        method: 'POST',
        headers: { ...SHOWN, 'content-type': 'application/json' },
        body: content,
      });
    const isolated = await order('{"circuit":"payments","action":"isolate"}');
    expect([isolated.status, await isolated.json()]).toMatchObject([200, { mode: 'isolated' }]);
    expect((await order('{')).status).toBe(400);
    expect((await ask('/admin/circuits', { method: 'PUT', headers: SHOWN })).status).toBe(405);
    const purged = await ask('/admin/purge', {
      method: 'POST',
      headers: { ...SHOWN, 'content-type': 'application/json; charset=utf-8' },
      body: '{"cache":"products","key":"k"}',
    });
    expect(await purged.json()).toEqual({
      purged: { kind: 'key', cache: 'products', key: 'k' },
      everywhere: true,
    });
  });

  it('serves an application that has none of what it shows', async () => {
    const ask = await start([AdminModule.forRoot({ token: TOKEN })]);
    const seen = (await (await ask('/admin', { headers: SHOWN })).json()) as object;
    expect(seen).toMatchObject({ circuits: { list: [] }, coalescers: { list: [] } });
    expect(seen).not.toHaveProperty('caching');
    for (const path of ['/admin/caches', '/admin/cluster', '/admin/explain?url=/x']) {
      expect((await ask(path, { headers: SHOWN })).status).toBe(404);
    }
    const purged = await ask('/admin/purge', {
      method: 'POST',
      headers: { ...SHOWN, 'content-type': 'application/json' },
      body: '{"all":true}',
    });
    expect([purged.status, await purged.json()]).toEqual([
      404,
      { error: 'this application has no CachingModule' },
    ]);
  });

  it('has the path that it is given, below the prefix of the application', async () => {
    const ask = await start(
      [AdminModule.forRoot({ token: TOKEN, path: 'ops/breakwater' })],
      'express',
      'api',
    );
    expect((await ask('/api/ops/breakwater', { headers: SHOWN })).status).toBe(200);
    expect((await ask('/api/ops/breakwater/top', { headers: SHOWN })).status).toBe(200);
    expect((await ask('/admin', { headers: SHOWN })).status).toBe(404);
  });

  it('takes its options from a factory, and the path and the guard beside it', async () => {
    const ask = await start([
      AdminModule.forRootAsync({ path: 'ops', useFactory: () => ({ token: TOKEN }) }),
    ]);
    expect((await ask('/ops', { headers: SHOWN })).status).toBe(200);
    expect(await (await ask('/ops/ui')).text()).toContain('<html lang="en">');
    expect(app?.get(AdminService).snapshot().process.name).toBe('application');
  });

  it.each(['express', 'fastify'] as const)(
    'has a guard of the application decide in place of the token, on %s',
    async (adapter) => {
      @Injectable()
      class OperatorGuard implements CanActivate {
        constructor(@Inject('OPERATOR') private readonly operator: string) {}

        canActivate(context: ExecutionContext) {
          const { headers } = context
            .switchToHttp()
            .getRequest<{ headers: Record<string, string> }>();
          return of(headers['x-operator'] === this.operator);
        }
      }
      @Module({ providers: [{ provide: 'OPERATOR', useValue: 'ann' }], exports: ['OPERATOR'] })
      class OperatorsModule {}

      const ask = await start(
        [
          AdminModule.forRootAsync({
            imports: [OperatorsModule],
            guard: OperatorGuard,
            useFactory: () => ({}),
          }),
        ],
        adapter,
      );
      expect((await ask('/admin', { headers: { 'x-operator': 'ann' } })).status).toBe(200);
      const refused = await ask('/admin', { headers: { 'x-operator': 'eve', ...SHOWN } });
      expect([refused.status, await refused.json()]).toEqual([
        403,
        { error: 'the guard has said no' },
      ]);
      const forged = await ask('/admin', {
        headers: { 'x-operator': 'ann', 'sec-fetch-site': 'cross-site' },
      });
      expect(forged.status).toBe(403);
      // Who asks by the page has nothing to enter.
      expect(await (await ask('/admin/ui')).text()).toContain(
        '<html data-entry="guard" lang="en">',
      );
    },
  );

  it('does not start where anybody could come in', async () => {
    await expect(start([AdminModule.forRoot({})])).rejects.toThrow(
      'Option "admin.token" must be given, unless a guard of your own stands in its place',
    );
    for (const token of ['', 'too-short', 'x'.repeat(15), 'a token with spaces in it', 7]) {
      const error = await start([AdminModule.forRoot({ token } as never)]).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'BREAKWATER_INVALID_OPTION', path: 'admin.token' });
      if (token !== '') expect((error as Error).message).not.toContain(String(token));
    }
    await expect(
      start([AdminModule.forRootAsync({ useFactory: () => ({ token: undefined }) })]),
    ).rejects.toThrow('Option "admin.token" must be given');
  });

  it.each([
    [{ path: '/admin' }, /AdminModule\.forRoot\(\)\.path/],
    [{ path: 'a b' }, /AdminModule\.forRoot\(\)\.path/],
    [{ path: ':id' }, /AdminModule\.forRoot\(\)\.path/],
    [{ guard: {} }, /AdminModule\.forRoot\(\)\.guard/],
    [{ guard: class {} }, /AdminModule\.forRoot\(\)\.guard/],
    [undefined, /AdminModule\.forRoot\(\)/],
  ])('refuses %j at the call', (options, message) => {
    const given = options && { token: TOKEN, ...(options as object) };
    expect(() => AdminModule.forRoot(given as never)).toThrow(message);
  });

  it('is imported once, and by a call', async () => {
    await expect(start([AdminModule])).rejects.toThrow('AdminModule is imported without a call');
    await expect(
      start([
        AdminModule.forRoot({ token: TOKEN }),
        AdminModule.forRoot({ token: TOKEN, path: 'b' }),
      ]),
    ).rejects.toThrow('AdminModule is imported in 2 different ways');
  });
});
