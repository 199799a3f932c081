import { All, Controller, Get, Inject, Module, Req, Res } from '@nestjs/common';
import type { INestApplication, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayMiddleware, GatewayService, defineRule } from '../../src/gateway/index.js';
import type { AdapterRequest, AdapterResponse } from '../../src/http/index.js';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import { Stream, gatewayImports, times, until } from './gateway-fixture.js';

@Controller('reports')
class Reports {
  constructor(@Inject(GatewayService) private readonly gateway: GatewayService) {}

  @Get('own')
  own(): string {
    return 'our own';
  }

  @All(':name')
  all(@Req() request: AdapterRequest, @Res() response: AdapterResponse): void {
    this.gateway.handle(request, response, 'reports');
  }
}

const ADAPTERS: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(ADAPTERS)('a gateway within an application on %s', (name, adapter) => {
  let backend: ScriptedBackend;
  let app: INestApplication;

  async function start(options: { bodyParser?: boolean } = {}): Promise<void> {
    const rules = [
      defineRule({ match: { path: '/legacy/**' }, backend: 'legacy' }),
      defineRule({ name: 'reports', match: { path: '/reports/**' }, backend: 'legacy' }),
    ];
    const backends = { legacy: { url: backend.url } };

    @Module({ imports: gatewayImports({ backends, rules }), controllers: [Reports] })
    class App implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(GatewayMiddleware).forRoutes('legacy/*path', 'elsewhere/*path');
      }
    }
    app = await NestFactory.create(App, adapter(), { logger: ['error', 'warn'], ...options });
    app.enableCors({ origin: 'https://shop.example' });
    await app.listen(0, '127.0.0.1');
  }

  const port = () => (app.getHttpServer() as { address(): { port: number } }).address().port;

  beforeEach(async () => {
    backend = await ScriptedBackend.start();
  });

  afterEach(async () => {
    await app.close();
    await backend.down();
  });

  it('answers the paths that its middleware is for, by one call and while it comes', async () => {
    await start();
    const rest = gate();
    const body = Buffer.alloc(50_000, 'abcdefg');
    backend.on('/legacy/a?b=c', {
      headers: { 'Cache-Control': 'max-age=60' },
      bodyGate: rest,
      body,
      chunked: true,
    });
    const streams = times(10, () => new Stream(port(), '/legacy/a?b=c'));
    await until(() => streams.every((stream) => stream.body.length === 25_000), 'the first half');
    rest.open();
    for (const stream of streams) expect((await stream.ended()).body.equals(body)).toBe(true);
    const stored = await get(port(), '/legacy/a?b=c', { headers: { Range: 'bytes=0-2' } });
    expect([stored.status, stored.text]).toEqual([206, 'abc']);
    expect(stored.headers['access-control-allow-origin']).toBe('https://shop.example');
    expect((await get(port(), '/legacy/a?b=c', { method: 'HEAD' })).headers['content-length']).toBe(
      '50000',
    );
    expect(backend.total).toBe(1);
    // No rule is for these.
    expect((await get(port(), '/elsewhere/a')).status).toBe(404);
    expect(backend.total).toBe(1);
  });

  it('leaves to its answers what others in front of it have set: of Vary, all that each names', async () => {
    await start();
    const headers = { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language', 'X-From': 'legacy' };
    backend.on('/legacy/v', { headers, body: 'v' });
    backend.on('/legacy/alone', { headers: { ...headers, 'Cache-Control': 'private' }, body: 'v' });
    // Fastify's CORS leaves it out where one origin is allowed.
    const { vary = '' } = (await get(port(), '/reports/own')).headers;
    expect(vary).toBe(name === 'Express' ? 'Origin' : '');
    for (const path of ['/legacy/v', '/legacy/v', '/legacy/alone']) {
      const { headers: told } = await get(port(), path);
      expect(told.vary?.split(/, */).sort()).toEqual([
        'Accept-Language',
        ...vary.split(' ').filter(Boolean),
      ]);
      expect(told['access-control-allow-origin']).toBe('https://shop.example');
      expect(told['x-from']).toBe('legacy');
    }
    expect(backend.total).toBe(2);
  });

  it('answers what a handler gives it, by the rule that it names, beside the routes of its own', async () => {
    await start();
    backend.on('/reports/r', { status: 404, headers: { 'X-From': 'legacy' }, body: 'none' });
    const reply = await get(port(), '/reports/r');
    expect([reply.status, reply.text, reply.headers['x-from']]).toEqual([404, 'none', 'legacy']);
    expect((await get(port(), '/reports/own')).text).toBe('our own');
    expect(backend.total).toBe(1);
  });

  it('hands on bodies that nobody has read, and says so of those that a parser has', async () => {
    await start({ bodyParser: false });
    const post = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"a":1}',
    };
    const reply = await get(port(), '/legacy/p', post);
    expect([reply.status, backend.lastOf('/legacy/p').headers['content-length']]).toEqual([
      200,
      '7',
    ]);
    await app.close();
    await start();
    const refused = await get(port(), '/reports/p', post);
    expect([refused.status, refused.text]).toEqual([
      500,
      expect.stringContaining('bodyParser: false'),
    ]);
    expect(backend.total).toBe(1);
  });
});
