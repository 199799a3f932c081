import type { Server } from 'node:http';
import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpService } from '@nestjs/axios';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { defineRoute, RoutesModule } from './index.js';

const route = (path: string, trustTtl?: boolean) =>
  defineRoute({
    path,
    params: z.looseObject({}),
    key: (params) => [JSON.stringify(params)],
    backend: () => `http://site.internal${path}`,
    freshMs: 60_000,
    ...(trustTtl !== undefined && { trustTtl }),
  });

@Module({
  imports: [
    CoalescingModule.forRoot(),
    CircuitBreakerModule.forRoot(),
    CachingModule.forRoot(),
    BackendModule.forRoot(),
    RoutesModule.forRoot({ fastPath: true }),
    RoutesModule.forFeature([route('/trusted', true), route('/{*path}')]),
  ],
})
class SiteModule {}

describe('an answer that says no-cache', () => {
  let app: INestApplication<Server>;
  /** What the backend sends with its answers. */
  let headers: Record<string, string>;
  /** `If-None-Match` or else `If-Modified-Since` of each call. */
  let calls: (string | undefined)[];
  let down: boolean;

  const ask = async (path = '/page') => {
    const { status, text, headers: fields } = await request(app.getHttpServer()).get(path);
    return [status, text, String(fields['cache-status']).split('; ')[1]];
  };

  beforeEach(async () => {
    headers = { 'cache-control': 'max-age=60, no-cache', etag: '"1"' };
    calls = [];
    down = false;
    const axiosRef = {
      request: (call: { headers?: Readonly<Record<string, string>> }) => {
        const asked = call.headers?.['If-None-Match'] ?? call.headers?.['If-Modified-Since'];
        calls.push(asked);
        if (down) return Promise.reject(new Error('down'));
        const now = headers['etag'] ?? headers['last-modified'];
        const status = asked !== undefined && asked === now ? 304 : 200;
        const data = Buffer.from(status === 304 ? '' : `body ${calls.length}`);
        return Promise.resolve({ status, data, headers });
      },
    };
    const testing = await Test.createTestingModule({ imports: [SiteModule] })
      .overrideProvider(HttpService)
      .useValue({ axiosRef })
      .compile();
    app = testing.createNestApplication({ logger: false });
    await app.listen(0);
  });

  afterEach(() => app.close());

  it.each(['max-age=60, no-cache', 'no-cache', 'public; NO-CACHE'])(
    'is revalidated before each reuse, whatever the lifetime of the route: %s',
    async (cacheControl) => {
      headers['cache-control'] = cacheControl;
      for (let i = 0; i < 3; i++) expect(await ask()).toEqual([200, 'body 1', 'fwd=uri-miss']);
      expect(calls).toEqual([undefined, '"1"', '"1"']);
    },
  );

  it('is revalidated by its date where it has no entity tag', async () => {
    const then = 'Sun, 06 Nov 1994 08:49:37 GMT';
    headers = { 'cache-control': 'no-cache', 'last-modified': then };
    for (let i = 0; i < 3; i++) expect(await ask()).toEqual([200, 'body 1', 'fwd=uri-miss']);
    headers['last-modified'] = 'Sun, 06 Nov 1994 08:49:38 GMT';
    for (let i = 0; i < 2; i++) expect(await ask()).toEqual([200, 'body 4', 'fwd=uri-miss']);
    expect(calls).toEqual([undefined, then, then, then, headers['last-modified']]);
  });

  it('is asked for anew where it has neither entity tag nor date', async () => {
    delete headers['etag'];
    expect([await ask(), await ask()]).toEqual([
      [200, 'body 1', 'fwd=uri-miss'],
      [200, 'body 2', 'fwd=uri-miss'],
    ]);
  });

  it('never stands in for an error', async () => {
    await ask();
    down = true;
    expect((await ask())[0]).toBe(502);
  });

  it('lives as long as the route says where that trusts its own lifetime', async () => {
    await ask('/trusted');
    expect(await ask('/trusted')).toEqual([200, 'body 1', 'hit']);
    expect(calls).toHaveLength(1);
  });

  it('is told from one whose max-age the route overrides', async () => {
    headers['cache-control'] = 'max-age=0';
    await ask();
    expect(await ask()).toEqual([200, 'body 1', 'hit']);
  });
});
