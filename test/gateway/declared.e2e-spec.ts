import { ForbiddenException, Injectable, Module, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { BackendModule } from '../../src/backend/index.js';
import { CachingModule } from '../../src/caching/index.js';
import { CircuitBreakerModule } from '../../src/circuit-breaker/index.js';
import { CoalescingModule } from '../../src/coalescing/index.js';
import { ManualClock } from '../../src/ground/manual-clock.js';
import { ROUTE_EXPLAINER } from '../../src/module-options/index.js';
import { RouteResponder, RoutesModule, backendUrl, defineRoute } from '../../src/routes/index.js';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import type { Answer } from '../support/scripted-backend.js';
import { Stream, times, until } from './gateway-fixture.js';

@Injectable()
class Staff implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
    if (headers['x-badge'] === undefined) throw new ForbiddenException();
    return true;
  }
}

interface Environment {
  readonly BASE: string;
}

const items = defineRoute({
  path: '/items',
  params: z.object({ id: z.string().min(2, 'is too short'), page: z.coerce.number().optional() }),
  key: ({ id, page }) => [id, page],
  backend: ({ id, page }, { BASE }: Environment) => backendUrl(BASE, [id], { page }),
  coalescer: ({ id }) => id,
  headers: ['X-Currency'],
  freshness: 'http',
});

const fragile = defineRoute({ ...items, path: '/fragile', circuit: 'fragile' });

const guarded = defineRoute({
  path: '/staff/:id',
  params: z.object({ id: z.string() }),
  key: ({ id }) => [id],
  backend: ({ id }, { BASE }: Environment) => backendUrl(BASE, [id]),
  headers: ['Authorization', 'Cookie'],
  use: [UseGuards(Staff)],
  freshness: 'http',
});

const ADAPTERS: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(ADAPTERS)('A declared route with the freshness of HTTP on %s', (_, adapter) => {
  const clock = new ManualClock();
  let backend: ScriptedBackend;
  let app: INestApplication;
  let port: number;
  let made = 0;
  let id: string;

  beforeAll(async () => {
    backend = await ScriptedBackend.start();
    @Module({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot({
          clock,
          circuits: {
            fragile: { policy: { kind: 'consecutive', failures: 2 }, cooldownMs: 5_000 },
          },
        }),
        CachingModule.forRoot({ clock }),
        BackendModule.forRoot({ timeoutMs: 2_000 }),
        RoutesModule.forRoot({ environment: { BASE: backend.url }, fastPath: true }),
        RoutesModule.forFeature([items, fragile, guarded]),
      ],
    })
    class App {}
    app = await NestFactory.create(App, adapter(), { logger: ['error', 'warn'] });
    await app.listen(0, '127.0.0.1');
    ({ port } = (app.getHttpServer() as { address(): { port: number } }).address());
  });

  afterAll(async () => {
    await app.close();
    await backend.down();
  });

  beforeEach(() => {
    id = `item${made++}`;
  });

  const on = (...answers: [Answer, ...Answer[]]) => backend.on(`/${id}`, ...answers);
  const calls = () => backend.calls(`/${id}`);
  const ask = (headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> =>
    get(port, `/items?id=${id}`, { headers, method });
  const statusOf = ({ status, headers }: Reply) => [status, headers['cache-status']];

  it('lives as long as its answer says, under the key that is declared', async () => {
    on({ headers: { 'Cache-Control': 'max-age=60', 'X-Own': 'whole' }, body: 'one' });
    expect(statusOf(await ask())).toEqual([
      200,
      'breakwater; fwd=uri-miss; fwd-status=200; stored',
    ]);
    clock.advance(20_000);
    const hit = await get(port, `/items?unknown=x&id=${id}`);
    expect(statusOf(hit)).toEqual([200, 'breakwater; hit; ttl=40']);
    expect([hit.text, hit.headers.age, hit.headers['x-own']]).toEqual(['one', '20', 'whole']);
    expect(hit.headers['x-coalescer-name']).toBe(encodeURIComponent(`/items:${id}`));
    clock.advance(40_000);
    expect(statusOf(await ask())[1]).toMatch(/fwd/);
    expect(calls()).toBe(2);
  });

  it('sends what is declared, and nothing else of the request', async () => {
    on({});
    await ask({
      'X-Currency': 'EUR',
      'X-Secret': 's',
      'Accept-Encoding': 'gzip',
      Range: 'bytes=0-1',
    });
    const { headers } = backend.lastOf(`/${id}`);
    expect(Object.keys(headers).sort()).toEqual([
      ...['accept', 'accept-encoding', 'connection', 'host', 'traceparent', 'user-agent', 'via'],
      ...['x-currency', 'x-request-id'],
    ]);
    expect(headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': 'breakwater',
      'x-currency': 'EUR',
      via: '1.1 breakwater',
    });
  });

  it('answers conditions, parts and HEAD from what is kept', async () => {
    const headers = { 'Cache-Control': 'max-age=60', ETag: '"v1"' };
    on({ headers, body: '0123456789' });
    await ask();
    const unchanged = await ask({ 'If-None-Match': 'W/"v1"' });
    expect([unchanged.status, unchanged.headers.etag, unchanged.text]).toEqual([304, '"v1"', '']);
    const part = await ask({ Range: 'bytes=2-4' });
    expect([part.status, part.text, part.headers['content-range']]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    expect((await ask({ Range: 'bytes=20-' })).status).toBe(416);
    const head = await ask({}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '10', '']);
    expect(calls()).toBe(1);
  });

  it('gets the whole for who asks for a part first', async () => {
    on({ headers: { 'Cache-Control': 'max-age=60' }, body: '0123456789' });
    expect([(await ask({ Range: 'bytes=-3' })).text, (await ask()).text]).toEqual([
      '789',
      '0123456789',
    ]);
    expect(calls()).toBe(1);
  });

  it('asks whether what has expired still holds', async () => {
    const headers = { 'Cache-Control': 'max-age=10', ETag: '"v1"' };
    on({ headers, body: 'kept' }, { status: 304, headers });
    await ask();
    clock.advance(11_000);
    const renewed = await ask();
    expect([renewed.status, renewed.text]).toEqual([200, 'kept']);
    expect(renewed.headers['cache-status']).toBe(
      'breakwater; fwd=stale; fwd-status=304; stored; detail=revalidated',
    );
    expect(backend.lastOf(`/${id}`).headers['if-none-match']).toBe('"v1"');
    expect(statusOf(await ask())[1]).toBe('breakwater; hit; ttl=10');
  });

  it('is stale as long as its answer allows that', async () => {
    const headers = { 'Cache-Control': 'max-age=10, stale-while-revalidate=20' };
    on({ headers, body: 'old' }, { headers, body: 'new' });
    await ask();
    clock.advance(15_000);
    const stale = await ask();
    expect([stale.text, stale.headers['cache-status']]).toEqual([
      'old',
      'breakwater; hit; ttl=-5; detail=stale-while-revalidate',
    ]);
    await until(async () => (await ask()).text === 'new', 'the refresh');
    expect(calls()).toBe(2);
  });

  it('stands in for a backend that fails, unless its answer forbids that', async () => {
    const failing = { status: 503, body: 'down' };
    on({ headers: { 'Cache-Control': 'max-age=10' }, body: 'kept' }, failing);
    await ask();
    clock.advance(15_000);
    expect(statusOf(await ask())).toEqual([200, 'breakwater; hit; ttl=-5; detail=stale-if-error']);
    clock.advance(5_000);

    id += 'strict';
    const strict = { 'Cache-Control': 'max-age=10, must-revalidate' };
    on({ headers: strict, body: 'kept' }, { reset: true });
    await ask();
    clock.advance(15_000);
    const lost = await ask();
    expect([lost.status, lost.text]).toEqual([504, '{"error":"backend unavailable"}']);
    clock.advance(5_000);
  });

  it('tells of failures as other routes do, and hands on what a failing backend says', async () => {
    const shaky = () => get(port, `/fragile?id=${id}`);
    on({ status: 500, headers: { 'X-Own': 'yes' }, body: 'its own words' }, { reset: true });
    const said = await shaky();
    expect([said.status, said.text, said.headers['x-own']]).toEqual([500, 'its own words', 'yes']);
    const failed = await shaky();
    expect(statusOf(failed)).toEqual([502, 'breakwater; fwd=uri-miss']);
    expect(JSON.parse(failed.text)).toEqual({ error: 'backend unavailable' });
    const refused = await shaky();
    expect([refused.status, refused.headers['x-circuit-state']]).toEqual([503, 'open']);
    expect(refused.headers['retry-after']).toBe('5');
    expect(JSON.parse(refused.text)).toEqual({ error: 'circuit open' });
    clock.advance(5_000);
    on({});
    expect((await shaky()).status).toBe(200);
  });

  it('keeps variants by the headers that it sends, and one where it sends none of them', async () => {
    const vary = { 'Cache-Control': 'max-age=60', Vary: 'X-Currency, Accept-Language' };
    on({ headers: vary, body: 'one' }, { headers: vary, body: 'two' });
    const asked = [
      { 'X-Currency': 'EUR', 'Accept-Language': 'de' },
      { 'X-Currency': 'USD', 'Accept-Language': 'de' },
      { 'X-Currency': 'EUR', 'Accept-Language': 'en' },
    ];
    const texts: string[] = [];
    for (const headers of asked) texts.push((await ask(headers)).text);
    expect([texts, calls()]).toEqual([['one', 'two', 'one'], 2]);
  });

  it('shares with nobody what is for one, and nothing with who shows credentials', async () => {
    on({ headers: { 'Cache-Control': 'private' } });
    await ask();
    expect(statusOf(await ask())[1]).toMatch(/fwd=uri-miss; .*detail=private/);
    id += 'more';
    on({ headers: { 'Cache-Control': 'max-age=60' }, body: 'for all' });
    const first = await ask({ Authorization: 'Bearer a' });
    expect(statusOf(first)).toEqual([200, expect.stringMatching(/fwd=bypass/)]);
    expect(first.text).toBe('for all');
    expect(backend.lastOf(`/${id}`).headers.authorization).toBeUndefined();
    await ask();
    expect(statusOf(await ask({ Authorization: 'Bearer a' }))[1]).toMatch(/fwd=bypass/);
    expect(statusOf(await ask({ Cookie: 'a=b' }))[1]).toMatch(/hit/);
    const demands = await ask({ 'If-Match': '"x"' });
    expect(statusOf(demands)).toEqual([200, 'breakwater; fwd=request; fwd-status=200']);
    expect(backend.lastOf(`/${id}`).headers['if-match']).toBe('"x"');
    expect(calls()).toBe(4);
  });

  it('has an entry for each caller whose credentials it keys', async () => {
    on({ headers: { 'Cache-Control': 'max-age=60' } });
    const as = (badge: Record<string, string>) =>
      get(port, `/staff/${id}`, { headers: { 'X-Badge': '1', ...badge } });
    const replies = [
      await as({ Authorization: 'Bearer a', Cookie: 'a=1' }),
      await as({ Authorization: 'Bearer b', Cookie: 'a=1' }),
      await as({ Authorization: 'Bearer a', Cookie: 'a=1' }),
    ];
    expect(backend.lastOf(`/${id}`).headers).toMatchObject({
      authorization: 'Bearer b',
      cookie: 'a=1',
    });
    expect(replies.map(({ headers }) => headers['cache-status'])).toEqual([
      expect.stringMatching(/stored/),
      expect.stringMatching(/stored/),
      expect.stringMatching(/hit/),
    ]);
  });

  it('lets one stream reach all who ask while it comes', async () => {
    const rest = gate();
    const body = Buffer.alloc(50_000, 'abcdefg');
    on({ headers: { 'Cache-Control': 'max-age=60' }, bodyGate: rest, body, chunked: true });
    const streams = times(5, () => new Stream(port, `/items?id=${id}`));
    await until(() => streams.every((stream) => stream.body.length === 25_000), 'the first half');
    rest.open();
    for (const stream of streams) expect((await stream.ended()).body.equals(body)).toBe(true);
    expect(calls()).toBe(1);
  });

  it('says itself what is no request of its own: parameters, methods, guards', async () => {
    const short = await get(port, '/items?id=x');
    expect([short.status, JSON.parse(short.text)]).toEqual([400, { error: 'id: is too short' }]);
    const posted = await ask({}, 'POST');
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD']);
    expect((await get(port, `/staff/${id}`)).status).toBe(403);
    expect(calls()).toBe(0);
  });

  it('is purged by what its coalescer has brought, and explained', async () => {
    on({ headers: { 'Cache-Control': 'max-age=60' } });
    await ask();
    expect(await app.get(RouteResponder).purge(items, id)).toBe(true);
    expect(statusOf(await ask())[1]).toMatch(/uri-miss/);
    const explainer = app.get<{ explain(request: object): Promise<object> }>(ROUTE_EXPLAINER);
    const told = await explainer.explain({ target: `/items?id=${id}`, headers: {} });
    expect(told).toMatchObject({ freshness: 'http', cache: '/items~http' });
    expect(told).not.toHaveProperty('lifetimes');
  });
});
