import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { ScriptedBackend } from '../test-tools/index.js';
import { GatewayModule, GatewayService } from './index.js';

describe('A request that its client has made wrongly', () => {
  let backend: ScriptedBackend;
  let app: INestApplicationContext;
  let server: Server;
  let url: string;

  beforeEach(async () => {
    backend = await ScriptedBackend.start();

    @Module({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        CachingModule.forRoot(),
        BackendModule.forRoot(),
        GatewayModule.forRoot({
          backends: { shop: { url: backend.url, circuit: { failures: 1, statuses: [503] } } },
          rules: [
            {
              backend: 'shop',
              request: { maxBodyBytes: 4 },
              timeouts: { idle: '50ms' },
            },
          ],
        }),
      ],
    })
    class AppModule {}

    app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    server = createServer(app.get(GatewayService).handler());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await app.close();
    await backend.close();
  });

  /** A body that comes in chunks, whose length nobody knows before. */
  function streamed(pieces: readonly string[], ends: boolean): RequestInit {
    const body = new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(Buffer.from(piece));
        if (ends) controller.close();
      },
    });
    return { method: 'POST', body, duplex: 'half' };
  }

  it.each([
    ['names its length', (): RequestInit => ({ method: 'POST', body: 'too long' })],
    ['does not', () => streamed(['too ', 'long'], true)],
  ])('is 413 beyond the bound of its rule where it %s', async (_how, request) => {
    const answer = await fetch(url, request());
    expect(answer.status).toBe(413);
    await expect(answer.json()).resolves.toEqual({ error: 'content too large' });
  });

  it('is 408 where the body stops to come', async () => {
    backend.on('/slow', { hang: true });
    const answer = await fetch(`${url}/slow`, streamed(['a'], false));
    expect(answer.status).toBe(408);
    await expect(answer.json()).resolves.toEqual({ error: 'request timeout' });
  });

  it('says nothing of the backend, whose circuit stays closed', async () => {
    await fetch(url, { method: 'POST', body: 'too long' });
    backend.on('/slow', { hang: true });
    await fetch(`${url}/slow`, streamed(['a'], false));
    backend.on('/well', { body: 'well' });
    const answer = await fetch(`${url}/well`);
    expect(answer.status).toBe(200);
  });
});
