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

describe('A client that takes what is stale', () => {
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
          to: backend.url,
          rules: [{ match: { path: '/honours/**' }, clientRefresh: 'always' }],
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

  /** Asks for what is stale by 90 s from its first moment, twice: `Cache-Status` of the second answer. */
  async function asked(path: string, control: string, also = ''): Promise<string | null> {
    const headers = { 'Cache-Control': `max-age=10${also}`, Age: '100', ETag: '"1"' };
    backend.on(path, { body: 'old', headers });
    await fetch(url + path);
    const answer = await fetch(url + path, { headers: { 'Cache-Control': control } });
    return answer.headers.get('cache-status');
  }

  it.each(['max-stale', 'max-stale=1000'])('has it without a call by %s', async (control) => {
    expect(await asked('/honours/a', control)).toMatch(/; hit; ttl=-\d+; detail=max-stale$/);
    expect(backend.calls('/honours/a')).toBe(1);
  });

  it.each([
    ['it is older than that', '/honours/b', 'max-stale=10', ''],
    ['the answer forbids it', '/honours/c', 'max-stale', ', must-revalidate'],
    ['its rule obeys no client', '/other', 'max-stale', ''],
  ])('has the backend asked where %s', async (_why, path, control, also) => {
    await asked(path, control, also);
    expect(backend.calls(path)).toBe(2);
  });
});
