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

const orders = defineRoute({
  path: '/orders',
  params: z.object({}),
  key: () => [],
  headers: ['Authorization'],
  backend: () => 'http://orders.internal/',
  freshMs: 60_000,
});

@Module({
  imports: [
    CoalescingModule.forRoot(),
    CircuitBreakerModule.forRoot(),
    CachingModule.forRoot(),
    BackendModule.forRoot(),
    RoutesModule.forRoot(),
    RoutesModule.forFeature([orders]),
  ],
})
class OrdersModule {}

describe('a route that keys Authorization', () => {
  let app: INestApplication<Server>;
  /** Whose calls the backend has got. */
  let calls: (string | undefined)[];
  /** What the backend waits for before it answers. */
  let hold: Promise<void> | undefined;

  /** Says what was answered, and how it came about. */
  const ask = async (authorization?: string) => {
    const asked = request(app.getHttpServer()).get('/orders');
    if (authorization !== undefined) void asked.set('Authorization', authorization);
    const { text, headers } = await asked;
    return `${text}: ${headers['cache-status'] ?? ''}`;
  };

  beforeEach(async () => {
    calls = [];
    hold = undefined;
    const axiosRef = {
      request: async ({ headers }: { headers?: Readonly<Record<string, string>> }) => {
        const whose = headers?.['authorization'];
        calls.push(whose);
        await hold;
        return { status: 200, data: Buffer.from(`of ${whose ?? 'nobody'}`), headers: {} };
      },
    };
    const testing = await Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(HttpService)
      .useValue({ axiosRef })
      .compile();
    app = testing.createNestApplication({ logger: false });
    await app.listen(0);
  });

  afterEach(() => app.close());

  it('never lets callers share who ask at once, unless they are the same', async () => {
    let release = () => {};
    hold = new Promise((resolve) => (release = resolve));
    const asked = Promise.all([ask('a'), ask('b'), ask('a'), ask()]);
    while (calls.length < 3) await new Promise(setImmediate);
    release();
    const answers = (await asked).map((reply) => reply.split(':')[0]);
    expect(answers).toEqual(['of a', 'of b', 'of a', 'of nobody']);
    expect(new Set(calls)).toEqual(new Set(['a', 'b', undefined]));
    expect(calls).toHaveLength(3);
  });

  it('keeps an answer for each of them, and gives it to nobody else', async () => {
    expect(await ask('a')).toBe('of a: breakwater; fwd=uri-miss; fwd-status=200; stored');
    expect(await ask('a')).toMatch(/^of a: breakwater; hit; /);
    expect(await ask('b')).toBe('of b: breakwater; fwd=uri-miss; fwd-status=200; stored');
    expect(await ask()).toBe('of nobody: breakwater; fwd=uri-miss; fwd-status=200; stored');
    expect(await ask('a')).toMatch(/^of a: breakwater; hit; /);
  });
});
