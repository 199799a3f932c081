import type { Server } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import type { INestApplication, LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { CachingModule, CachingService } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { defineRoute, RoutesModule } from './index.js';

const ROUTES = [
  ['/prices', 'http://user:SECRET@one.internal/prices'],
  ['/stock', 'http://one.internal/stock?token=SECRET'],
  ['/news', 'http://other.internal:81/news'],
  ['/here', '/here'],
] as const;

let app: INestApplication<Server>;

afterEach(() => app.close());

it('a backend that fails behind several routes is told of once, by scheme and host alone', async () => {
  let down = false;
  const axiosRef = {
    request: () =>
      down
        ? Promise.reject(new Error('down'))
        : Promise.resolve({ status: 200, data: Buffer.from('fine'), headers: {} }),
  };
  const testing = await Test.createTestingModule({
    imports: [
      CoalescingModule.forRoot(),
      CircuitBreakerModule.forRoot(),
      CachingModule.forRoot(),
      BackendModule.forRoot({ baseUrl: 'http://base.internal' }),
      RoutesModule.forRoot(),
      RoutesModule.forFeature(
        ROUTES.map(([path, url]) =>
          defineRoute({
            path,
            params: z.object({}),
            key: () => [],
            backend: () => url,
            freshMs: 1,
            staleMs: 60_000,
          }),
        ),
      ),
    ],
  })
    .overrideProvider(HttpService)
    .useValue({ axiosRef })
    .compile();
  const lines: string[] = [];
  const note = (message: unknown) => {
    if (String(message).startsWith('Refreshes')) lines.push(String(message));
  };
  const logger: LoggerService = { log: note, warn: note, error: () => undefined };
  Logger.overrideLogger(logger);
  app = testing.createNestApplication({ logger });
  await app.init();

  const caching = app.get(CachingService);
  const askAll = async () => {
    for (const [path] of ROUTES) await request(app.getHttpServer()).get(path).expect(200, 'fine');
  };
  const failures = () =>
    Object.fromEntries([...caching.outages()].map(([name, outage]) => [name, outage.failures]));
  await askAll();
  down = true;
  // Each route is asked until its refresh has failed: stale answers stand in at once.
  const all = { 'http://one.internal': 2, 'http://other.internal:81': 1, 'the backend': 1 };
  while (Object.values(failures()).reduce((sum, one) => sum + one, 0) < ROUTES.length) {
    await askAll();
  }
  expect(failures()).toEqual(all);
  expect([...lines].sort()).toEqual(
    Object.keys(all).map((name) => `Refreshes from ${name} fail, stale values stand in: down`),
  );
  expect(lines.join()).not.toContain('SECRET');
});
