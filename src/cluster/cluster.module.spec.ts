import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { CachingModule, CachingService } from '../caching/index.js';
import { CircuitBreakerModule, CircuitBreakerService } from '../circuit-breaker/index.js';
import { CoalescingModule, CoalescingService } from '../coalescing/index.js';
import type { ClusterModuleOptions } from './cluster.options.js';
import { ClusterHealthIndicator } from './cluster.health.js';
import { ClusterModule } from './cluster.module.js';
import { ClusterService } from './cluster.service.js';
import { IoredisStore } from './store/ioredis-store.js';
import { RedisServer } from './testing/redis-server.js';

// A busy machine is no failure.
jest.setTimeout(180_000);

let server: RedisServer;
let connection: Redis | undefined;
const apps: INestApplicationContext[] = [];

const modules = [
  CoalescingModule.forRoot({ scope: 'cluster' }),
  CircuitBreakerModule.forRoot({ policy: { kind: 'consecutive', failures: 2 } }),
  CachingModule.forRoot({ policy: { freshMs: 60_000 } }),
];

/** An application of its own that has met the store. */
async function startApp(cluster = ClusterModule.forRoot({ store: server.url })) {
  const testing = await Test.createTestingModule({ imports: [cluster, ...modules] }).compile();
  const app = await testing.init();
  apps.push(app);
  await until(() => app.get(ClusterService).health().status === 'up');
  return app;
}

async function until(condition: () => boolean): Promise<void> {
  // A pause, not a turn: a store on a busy machine needs the core that this would take.
  while (!condition()) await sleep(2);
}

const waitsOf = (app: INestApplicationContext) => app.get(ClusterService).health().counters.waits;

beforeAll(async () => {
  server = await RedisServer.start();
  Logger.overrideLogger(false);
}, 180_000);

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  connection?.disconnect();
  connection = undefined;
  await server.start();
});

afterAll(() => server.stop());

describe('ClusterModule', () => {
  it('makes one call of those of two applications, without a word of theirs', async () => {
    const [one, other] = [await startApp(), await startApp()];
    let calls = 0;
    let land: (value: string) => void = () => undefined;
    const load = () => {
      calls++;
      return new Promise<string>((resolve) => (land = resolve));
    };
    const asked = [one, other].map((app) => app.get(CoalescingService).run('k', load));
    await until(() => waitsOf(one) + waitsOf(other) === 1);
    land('v');
    expect(await Promise.all(asked)).toEqual(['v', 'v']);
    expect(calls).toBe(1);
  });

  it('tells a joiner elsewhere what went wrong', async () => {
    const [one, other] = [await startApp(), await startApp()];
    let fail: (error: Error) => void = () => undefined;
    const load = () => new Promise<string>((_, reject) => (fail = reject));
    const asked = [one, other].map((app) => app.get(CoalescingService).run('e', load));
    await until(() => waitsOf(one) + waitsOf(other) === 1);
    fail(Object.assign(new Error('down'), { code: 'EDOWN' }));
    const [first, second] = await Promise.allSettled(asked);
    expect([first, second]).toMatchObject([
      { status: 'rejected', reason: { message: 'down' } },
      { status: 'rejected', reason: { message: 'down' } },
    ]);
  });

  it('gives the caches a tier in common, and invalidations', async () => {
    const [one, other] = [await startApp(), await startApp()];
    expect(await one.get(CachingService).get('c', () => 'v')).toBe('v');
    await until(() => one.get(ClusterService).health().counters.outboxSize === 0);
    const found = await other.get(CachingService).lookUp('c', () => 'other');
    expect([found.value, found.tier]).toEqual(['v', 'shared']);
    await one.get(CachingService).invalidateAll();
    await until(() => other.get(CachingService).peek('c') === undefined);
    expect(await other.get(CachingService).get('c', () => 'new')).toBe('new');
  });

  it('lets circuits of one name open together', async () => {
    const [one, other] = [await startApp(), await startApp()];
    const fail = (app: INestApplicationContext) =>
      app
        .get(CircuitBreakerService)
        .circuit('payments')
        .execute(() => Promise.reject(new Error('down')))
        .catch(() => undefined);
    await fail(one);
    await fail(other);
    const states = () =>
      [one, other].map((app) => app.get(CircuitBreakerService).circuit('payments').state);
    await until(() => states().every((state) => state === 'open'));
    expect(states()).toEqual(['open', 'open']);
  });

  it('takes a connection that the application has, and leaves it open', async () => {
    connection = new Redis(server.port, '127.0.0.1', { lazyConnect: true });
    await connection.connect();
    const options: ClusterModuleOptions = { store: new IoredisStore(connection) };
    const app = await startApp(ClusterModule.forRootAsync({ useFactory: () => options }));
    expect(await app.get(CachingService).get('i', () => 'v')).toBe('v');
    await apps.pop()!.close();
    expect(await connection.ping()).toBe('PONG');
  });

  it('is up in health, whatever the store is, and tells an outage once', async () => {
    const app = await startApp();
    const health = () => app.get(ClusterHealthIndicator).check().cluster;
    await until(() => health().store !== undefined);
    expect(health()).toMatchObject({ status: 'up', cluster: 'up', store: { mode: 'standalone' } });
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      await server.kill();
      await until(() => health().cluster === 'degraded');
      expect(health()).toMatchObject({ status: 'up', cluster: 'degraded' });
      for (let i = 0; i < 3; i++) {
        expect(await app.get(CoalescingService).run(`k${i}`, () => i)).toBe(i);
      }
      expect(warn.mock.calls.filter(([text]) => String(text).includes('away'))).toHaveLength(1);
    } finally {
      warn.mockRestore();
    }
  });

  it('asks the store before each use of memory where nobody may subscribe, and says so', async () => {
    await server.command(
      ...['ACL', 'SETUSER', 'deaf', 'reset', 'on', '>secret', '~*', '&*', '+@all', '-subscribe'],
    );
    const url = server.url.replace('://', '://deaf:secret@');
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const imports = [ClusterModule.forRoot({ store: url }), ...modules];
      const deaf = await (await Test.createTestingModule({ imports }).compile()).init();
      apps.push(deaf);
      const other = await startApp();
      const health = () => deaf.get(ClusterHealthIndicator).check().cluster;
      const warnings = () => warn.mock.calls.map(String).filter((text) => text.includes('arrive'));
      await until(() => warnings().length > 0);
      expect(warnings()).toEqual([expect.stringMatching(/do not arrive: .*NOPERM/)]);
      expect(health()).toMatchObject({ status: 'up', cluster: 'degraded' });
      expect(health().reason).toMatch(/NOPERM/);

      expect(await deaf.get(CachingService).get('d', () => 'old')).toBe('old');
      await until(() => health().counters.outboxSize === 0);
      expect(await deaf.get(CachingService).get('d', () => 'other')).toBe('old');
      await other.get(CachingService).invalidate('d');
      expect(deaf.get(CachingService).peek('d')).toBeUndefined();
      expect(await deaf.get(CachingService).get('d', () => 'new')).toBe('new');

      // Whoever is given the right hears again.
      await server.command('ACL', 'SETUSER', 'deaf', '+subscribe');
      await until(() => health().cluster === 'up');
      await deaf.get(CachingService).get('d', () => 'newest');
      expect(deaf.get(CachingService).peek('d')?.value).toBe('new');
    } finally {
      warn.mockRestore();
    }
  });

  it('refuses an address, and settings, that cannot work', async () => {
    for (const options of [
      { store: 'http://store' },
      { store: server.url, leases: { leaseMs: 1 } },
      { store: server.url, circuits: { quorum: 0 } },
    ]) {
      const testing = Test.createTestingModule({ imports: [ClusterModule.forRoot(options)] });
      await expect(testing.compile()).rejects.toThrow(/redis|leaseMs|quorum/);
    }
  });

  it('is not needed: without it each application is on its own', async () => {
    const testing = await Test.createTestingModule({ imports: modules }).compile();
    const app = await testing.init();
    apps.push(app);
    expect(await app.get(CoalescingService).run('k', () => 'own')).toBe('own');
  });
});
