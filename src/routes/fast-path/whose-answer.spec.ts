import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, UseGuards, Version, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StableExpressAdapter } from '../../express/index.js';
import { stock, StockApp } from '../testing/stock-app.js';
import type { StockOptions } from '../testing/stock-app.js';

type Next = () => void;

/** Sends each tenant to what is its own, as a gateway does. */
function byTenant(request: IncomingMessage, _response: unknown, next: Next): void {
  request.url = `/stock/1?tenant=${String(request.headers['x-tenant'])}`;
  next();
}

interface Hooked {
  addHook(
    name: string,
    hook: (request: { raw: IncomingMessage }, reply: unknown, done: Next) => void,
  ): void;
}

/** Puts the tenant in place of the parameter. */
@Injectable()
class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, params } = context.switchToHttp().getRequest<{
      headers: Record<string, string>;
      params: Record<string, string>;
    }>();
    params['id'] = headers['x-tenant'] ?? 'nobody';
    return true;
  }
}

/** Tells each tenant's requests apart by a parameter that they did not send. */
@Injectable()
class AddingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, params } = context.switchToHttp().getRequest<{
      headers: Record<string, string>;
      params: Record<string, string>;
    }>();
    if (headers['x-tenant'] !== 'a') params['tenant'] = headers['x-tenant'] ?? 'nobody';
    return true;
  }
}

let shop: StockApp | undefined;

const start = async (options: StockOptions = {}): Promise<StockApp> =>
  (shop = await StockApp.start(options));

afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

describe.each([
  ['StableExpressAdapter', () => new StableExpressAdapter()],
  ['ExpressAdapter', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('what was learnt of a target, on %s', (name, adapter) => {
  const versioned = (version: string) => ({
    ...stock,
    key: () => [version],
    backend: () => `http://stock.internal/v${version}`,
    use: [Version(version)],
  });

  it.each<[string, StockOptions]>([
    [
      name === 'Fastify' ? 'a hook has rewritten' : 'middleware has rewritten',
      {
        prepare: (app) => {
          if (name !== 'Fastify') return app.use(byTenant);
          const fastify: Hooked = app.getHttpAdapter().getInstance();
          fastify.addHook('preHandler', ({ raw }, _reply, done) => byTenant(raw, undefined, done));
        },
      },
    ],
    ['a guard has given other parameters', { route: { use: [UseGuards(TenantGuard)] } }],
    ['a guard has given more parameters', { route: { use: [UseGuards(AddingGuard)] } }],
    ['a global guard has changed', { prepare: (app) => app.useGlobalGuards(new TenantGuard()) }],
  ])('is of no use for a request that %s', async (_who, options) => {
    const app = await start({ adapter: adapter(), ...options });
    const answersOf = async (tenant: string) => {
      const texts = new Set<string>();
      for (let i = 0; i < 4; i += 1)
        texts.add((await app.ask('/stock/1', { 'x-tenant': tenant })).text);
      return [...texts];
    };
    const [a, b] = [await answersOf('a'), await answersOf('b')];
    expect([a.length, b.length]).toEqual([1, 1]);
    expect(b).not.toEqual(a);
    expect(await answersOf('a')).toEqual(a);
  });

  it('is of no use for another version of the route', async () => {
    const app = await start({
      adapter: adapter(),
      routes: [versioned('1'), versioned('2')].map((route) => ({ ...route, path: '/shelf' })),
      prepare: (nest) =>
        nest.enableVersioning({
          type: VersioningType.HEADER,
          header: 'x-version',
          defaultVersion: VERSION_NEUTRAL,
        }),
    });
    for (let round = 0; round < 3; round += 1) {
      for (const version of ['1', '2']) {
        const { text } = await app.ask('/shelf', { 'x-version': version });
        expect(text).toBe(`http://stock.internal/v${version}`);
      }
    }
  });

  if (name === 'Fastify') return;

  it.each([
    ['names a host', 'http://shop.example/stock/1'],
    ['has a fragment', '/stock/1#x'],
    ['ends with a space that is not one of ASCII', '/stock/1\u00a0'],
    ['is written in capitals', '/STOCK/1'],
    ['ends with a slash', '/stock/1/'],
    ['has a query', '/stock/1?q=/elsewhere'],
    ['is percent-encoded', '/%73tock/1'],
  ])('passes no middleware by where the target %s', async (_how, target) => {
    const callsOfFive = async (fastPath: boolean) => {
      let calls = 0;
      const counting = (_request: IncomingMessage, _response: ServerResponse, next: Next) => {
        calls += 1;
        next();
      };
      const prepare: StockOptions['prepare'] = (nest) => nest.use('/stock/1', counting);
      const app = await StockApp.start({ adapter: adapter(), fastPath, prepare });
      for (let i = 0; i < 5; i += 1) await app.ask(target);
      await app.close();
      return calls;
    };
    expect(await callsOfFive(true)).toBe(await callsOfFive(false));
  });
});
