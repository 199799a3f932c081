import { afterEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { INestApplication, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { ScriptedBackend } from '../test-tools/index.js';
import { GatewayMiddleware, GatewayModule } from './index.js';

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(ADAPTERS))('The gateway as middleware on %s', (_name, adapter) => {
  let app: INestApplication | undefined;
  let backend: ScriptedBackend | undefined;

  afterEach(async () => {
    await app?.close();
    await backend?.close();
  });

  /** An application whose middleware is for these paths, in front of a backend. */
  async function started(path: string): Promise<{ url: string; backend: ScriptedBackend }> {
    const behind = await ScriptedBackend.start();
    backend = behind;

    @Module({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        CachingModule.forRoot(),
        BackendModule.forRoot(),
        GatewayModule.forRoot({ to: behind.url }),
      ],
    })
    class AppModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(GatewayMiddleware).forRoutes(path);
      }
    }

    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication(adapter(), { bodyParser: false, logger: false });
    await app.listen(0, '127.0.0.1');
    return { url: await app.getUrl(), backend: behind };
  }

  it('asks the backend for the target that the client wrote, whatever the router has matched', async () => {
    const { url, backend } = await started('legacy/*path');
    await fetch(`${url}/legacy/a%20b/c?x=1&x=2`);
    await fetch(`${url}/legacy/things/7`, { method: 'POST', body: 'content' });
    expect(backend.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /legacy/a%20b/c?x=1&x=2',
      'POST /legacy/things/7',
    ]);
  });

  it('keeps answers to different targets apart', async () => {
    const { url, backend } = await started('legacy/*path');
    const headers = { 'Cache-Control': 'max-age=60' };
    backend.on('/legacy/one', { body: 'one', headers });
    backend.on('/legacy/two', { body: 'two', headers });
    const answers: string[] = [];
    for (const name of ['one', 'two', 'one']) {
      const answer = await fetch(`${url}/legacy/${name}`);
      answers.push(await answer.text());
    }
    expect(answers).toEqual(['one', 'two', 'one']);
    expect(backend.requests).toHaveLength(2);
  });

  it('hands on all lines of a field, whatever the framework has set before', async () => {
    const { url, backend } = await started('legacy/*path');
    const headers = { 'Cache-Control': ['max-age=0', 's-maxage=60'], 'Set-Cookie': ['a=1', 'b=2'] };
    backend.on('/legacy/read', { headers });
    backend.on('/legacy/write', { headers });
    for (const [path, method] of [
      ['read', 'GET'],
      ['write', 'POST'],
    ]) {
      const answer = await fetch(`${url}/legacy/${path}`, {
        method,
        ...(method === 'POST' && { body: 'content' }),
      });
      expect(answer.headers.get('cache-control')).toBe('max-age=0, s-maxage=60');
      expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    }
  });

  it('leaves other paths to the application', async () => {
    const { url, backend } = await started('legacy/*path');
    const answer = await fetch(`${url}/elsewhere`);
    expect(answer.status).toBe(404);
    expect(backend.requests).toHaveLength(0);
  });
});
