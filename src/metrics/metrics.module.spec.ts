import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Param } from '@nestjs/common';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { Registry, register } from 'prom-client';
import { z } from 'zod';
import { BackendClient, BackendModule } from '../backend/index.js';
import { CachingModule, CachingService } from '../caching/index.js';
import { CircuitBreakerModule, CircuitBreakerService } from '../circuit-breaker/index.js';
import { CoalescingModule, CoalescingService } from '../coalescing/index.js';
import { RoutesModule, defineRoute } from '../routes/index.js';
import { MetricsModule, MetricsService } from './index.js';

type Imports = NonNullable<ModuleMetadata['imports']>;

const opened: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
  register.clear();
});

/** An application without HTTP. */
async function start(...imports: Imports): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports }).compile();
  opened.push(app);
  return app.init();
}

async function pageOf(app: TestingModule | INestApplication): Promise<string> {
  return app.get(MetricsService).page();
}

/** The value of a line of the page, `undefined` where there is none. */
function valueOf(page: string, name: string): number | undefined {
  const line = page.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

const LED = 'breakwater_flights_led_total{coalescer="default"}';
const SAVED = 'breakwater_backend_calls_saved_total';

@Controller('users')
class UsersController {
  @Get(':id')
  one(@Param('id') id: string): string {
    return id;
  }
}

describe('the page', () => {
  it('has what the application has, and nothing of other modules', async () => {
    const app = await start(CircuitBreakerModule.forRoot(), MetricsModule.forRoot());
    const circuit = app.get(CircuitBreakerService).circuit('payments');
    await circuit.execute(() => 'fine');
    circuit.isolate();
    await circuit.execute(() => 'fine').catch(() => undefined);
    const page = await pageOf(app);
    const of = 'circuit="payments"';
    expect(valueOf(page, `breakwater_circuit_calls_total{${of},outcome="success"}`)).toBe(1);
    expect(valueOf(page, `breakwater_circuit_refusals_total{${of},state="open"}`)).toBe(1);
    expect(valueOf(page, `breakwater_circuit_state{${of},state="isolated"}`)).toBe(1);
    expect(page).toContain('process_cpu_seconds_total');
    expect(page).toContain('breakwater_build_info{version="');
    // What promtool refuses: prom-client calls three of its gauges totals.
    expect(page).not.toMatch(/^# TYPE \w+_total (?!counter)/m);
    for (const other of ['flight', 'cache', 'backend', 'cluster', 'http']) {
      expect(page).not.toContain(`breakwater_${other}`);
    }
  });

  it('has nothing but the build where there is nothing to observe', async () => {
    const page = await pageOf(await start(MetricsModule.forRoot({ process: false })));
    expect(page.match(/^[a-z_]+/gm)).toEqual(['breakwater_build_info']);
  });

  it('counts look-ups of a cache once, though they share flights', async () => {
    const app = await start(
      CoalescingModule.forRoot(),
      CachingModule.forRoot({ policy: { freshMs: 60_000 } }),
      MetricsModule.forRoot(),
    );
    const caching = app.get(CachingService);
    await Promise.all(Array.from({ length: 10 }, () => caching.get('k', () => 'v')));
    for (let hit = 0; hit < 5; hit++) await caching.get('k', () => 'unused');
    await Promise.all(
      Array.from({ length: 4 }, () => app.get(CoalescingService).run('k', () => 'v')),
    );
    const page = await pageOf(app);
    const lookUps = (result: string, tier: string) =>
      valueOf(
        page,
        `breakwater_cache_lookups_total{cache="default",result="${result}",tier="${tier}"}`,
      );
    expect([lookUps('miss', 'none'), lookUps('collapsed', 'none')]).toEqual([1, 9]);
    expect([lookUps('hit', 'memory'), lookUps('stale', 'memory')]).toEqual([5, 0]);
    expect(valueOf(page, SAVED)).toBe(9 + 5 + 3);
    expect(valueOf(page, LED)).toBe(2);
    expect(valueOf(page, 'breakwater_flight_joiners_sum{coalescer="default"}')).toBe(12);
    expect(valueOf(page, 'breakwater_flight_duration_seconds_count{coalescer="default"}')).toBe(2);
    expect(valueOf(page, 'breakwater_cache_tier_entries{tier="memory"}')).toBe(1);
  });

  it('tells of calls of backends by how they ended, and names none', async () => {
    const app = await start(BackendModule.forRoot(), MetricsModule.forRoot());
    const url = 'http://user:secret@127.0.0.1:1/key';
    const { signal } = new AbortController();
    await app
      .get(BackendClient)
      .get(url, signal)
      .catch(() => undefined);
    const page = await pageOf(app);
    expect(valueOf(page, 'breakwater_backend_calls_total{outcome="unreachable"}')).toBe(1);
    expect(valueOf(page, 'breakwater_backend_calls_total{outcome="answered"}')).toBe(0);
    const seconds = 'breakwater_backend_call_duration_seconds_count{outcome="unreachable"}';
    expect(valueOf(page, seconds)).toBe(1);
    expect(valueOf(page, 'breakwater_backend_inflight_bytes')).toBe(0);
    expect(page).not.toMatch(/127\.0\.0\.1|secret/);
  });

  it('is no larger for 20 000 keys and names, and no counter on it goes back', async () => {
    const app = await start(
      CoalescingModule.forRoot({ maxCoalescers: 10 }),
      CachingModule.forRoot({ policy: { freshMs: 60_000 }, memory: { maxEntries: 100 } }),
      CircuitBreakerModule.forRoot({ maxKeys: 10 }),
      MetricsModule.forRoot({ process: false }),
    );
    const coalescing = app.get(CoalescingService);
    const caching = app.get(CachingService);
    const circuits = app.get(CircuitBreakerService);
    const call = async (n: number): Promise<void> => {
      await coalescing.coalescer(`tenant:${n}`, 'tenants').run(`key ${n}`, () => n);
      await caching.get(`key ${n}`, () => n);
      await circuits.keyed('tenant', `${n}`).execute(() => n);
    };
    await call(0);
    const before = await pageOf(app);
    const lines = before.split('\n').length;
    let led = 0;
    for (let n = 1; n <= 20_000; n++) {
      await call(n);
      if (n % 4_000 !== 0) continue;
      const now = valueOf(await pageOf(app), 'breakwater_flights_led_total{coalescer="tenants"}');
      expect(now).toBe(n + 1);
      led = now ?? 0;
    }
    const after = await pageOf(app);
    expect(led).toBe(20_001);
    expect(after.split('\n')).toHaveLength(lines);
    // What has grown is the figures.
    expect(after.length).toBeLessThan(before.length * 1.1);
    const keyed = 'breakwater_circuit_calls_total{circuit="tenant[*]",outcome="success"}';
    expect(valueOf(after, keyed)).toBe(20_001);
  }, 60_000);

  it('has lines for so many names of its own, and counts further ones together', async () => {
    const app = await start(CachingModule.forRoot(), MetricsModule.forRoot({ maxNames: 3 }));
    const caching = app.get(CachingService);
    for (let n = 0; n < 5; n++) await caching.cache(`cache-${n}`).get('k', () => 'v');
    const page = await pageOf(app);
    const loads = (cache: string) =>
      valueOf(page, `breakwater_cache_loads_total{cache="${cache}"}`);
    expect(['cache-0', 'cache-1', 'cache-2', 'other'].map(loads)).toEqual([1, 1, undefined, 3]);
  });
});

describe('applications of one process', () => {
  const app = (): Promise<TestingModule> =>
    start(CoalescingModule.forRoot(), MetricsModule.forRoot());

  it('have a page each, with what is their own', async () => {
    const [one, other] = [await app(), await app()];
    await one.get(CoalescingService).run('k', () => 'v');
    expect(valueOf(await pageOf(one), LED)).toBe(1);
    expect(valueOf(await pageOf(other), LED)).toBe(0);
    expect(
      valueOf(await pageOf(other), 'breakwater_flight_joiners_count{coalescer="default"}'),
    ).toBe(0);
  });

  it('add up in a registry that they share, which forgets nothing while one is left', async () => {
    const registry = new Registry();
    const shared = (): Promise<TestingModule> =>
      start(CoalescingModule.forRoot(), MetricsModule.forRoot({ registry }));
    const [one, other] = [await shared(), await shared()];
    await one.get(CoalescingService).run('k', () => 'v');
    await other.get(CoalescingService).run('k', () => 'v');
    expect(valueOf(await registry.metrics(), LED)).toBe(2);
    await one.close();
    expect(valueOf(await registry.metrics(), LED)).toBe(2);
    await other.get(CoalescingService).run('k', () => 'v');
    expect(valueOf(await registry.metrics(), LED)).toBe(3);
    expect(await registry.metrics()).toContain('process_cpu_seconds_total');
    await other.close();
    expect((await registry.metrics()).trim()).toBe('');
  });

  it('leave what is in a registry that was handed in', async () => {
    const { collectDefaultMetrics, Counter } = await import('prom-client');
    const mine = new Counter({ name: 'mine_total', help: 'Mine.', registers: [register] });
    mine.inc();
    collectDefaultMetrics({ register });
    for (let times = 0; times < 2; times++) {
      const made = await start(
        CoalescingModule.forRoot(),
        MetricsModule.forRoot({ registry: register }),
      );
      const page = await pageOf(made);
      expect(valueOf(page, 'mine_total')).toBe(1);
      expect(page).toContain('breakwater_flights_led_total');
      await made.close();
    }
    expect(await register.metrics()).toContain('mine_total 1');
    expect(await register.metrics()).toContain('process_cpu_seconds_total');
    expect(await register.metrics()).not.toContain('breakwater_');
  });

  it('may import the module twice', async () => {
    const twice = await start(
      CoalescingModule.forRoot(),
      MetricsModule.forRoot(),
      MetricsModule.forRoot({ process: false }),
    );
    await twice.get(CoalescingService).run('k', () => 'v');
    expect(valueOf(await pageOf(twice), LED)).toBe(1);
  });

  it('may speak OpenMetrics', async () => {
    const registry = new Registry();
    (
      registry as unknown as Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>
    ).setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const made = await start(CoalescingModule.forRoot(), MetricsModule.forRoot({ registry }));
    await made.get(CoalescingService).run('k', () => 'v');
    const page = await pageOf(made);
    expect(valueOf(page, LED)).toBe(1);
    expect(page.endsWith('# EOF\n')).toBe(true);
    expect(made.get(MetricsService).contentType).toContain('openmetrics');
  });
});

describe('the options', () => {
  it('may come from a factory, with the path beside it', async () => {
    const registry = new Registry();
    const made = await start(
      MetricsModule.forRootAsync({ path: false, useFactory: () => ({ registry, process: false }) }),
    );
    expect(made.get(MetricsService).registry).toBe(registry);
  });

  it.each([
    [{ registry: {} }, '"metrics.registry" must be'],
    [{ requests: 'some' }, '"metrics.requests" must be true, false or \'told\''],
    [{ maxNames: 0 }, '"metrics.maxNames" must be'],
    [{ wrong: 1 }, 'wrong'],
  ])('%j are refused', async (options, message) => {
    await expect(start(MetricsModule.forRoot(options as never))).rejects.toThrow(message);
  });

  it('refuse a path that is none', () => {
    expect(() => MetricsModule.forRoot({ path: 7 as never })).toThrow('"metrics.path" must be');
  });

  it('are not optional: the class alone is refused with what to write', async () => {
    await expect(start(MetricsModule)).rejects.toThrow('MetricsModule.forRoot()');
  });
});

describe.each(['express', 'fastify'])('over HTTP on %s', (platform) => {
  async function listen(...imports: Imports): Promise<{ app: INestApplication; url: string }> {
    const testing = await Test.createTestingModule({
      imports,
      controllers: [UsersController],
    }).compile();
    const app =
      platform === 'fastify'
        ? testing.createNestApplication(new FastifyAdapter())
        : testing.createNestApplication();
    opened.push(app);
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer() as Server;
    if (!server.listening) await once(server, 'listening');
    return { app, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  it('is served at /metrics, and counts requests by declared route and status', async () => {
    const { url } = await listen(MetricsModule.forRoot());
    for (const path of ['users/1', 'users/2', 'nobody'])
      await (await fetch(`${url}/${path}`)).text();
    const answer = await fetch(`${url}/metrics`);
    const page = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const requests = 'breakwater_http_requests_total';
    expect(valueOf(page, `${requests}{route="/users/:id",status="200"}`)).toBe(2);
    expect(valueOf(page, `${requests}{route="unmatched",status="404"}`)).toBe(1);
    const again = await (await fetch(`${url}/metrics`)).text();
    expect(valueOf(again, `${requests}{route="/metrics",status="200"}`)).toBe(1);
  });

  it('is served elsewhere, or nowhere, and counts no requests where that is not wanted', async () => {
    const { url } = await listen(
      MetricsModule.forRoot({ path: 'internal/prometheus', requests: false }),
    );
    const page = await (await fetch(`${url}/internal/prometheus`)).text();
    expect(page).toContain('breakwater_build_info');
    expect(page).not.toContain('breakwater_http');
    const none = await listen(MetricsModule.forRoot({ path: false }));
    expect((await fetch(`${none.url}/metrics`)).status).toBe(404);
  });

  it('leaves the short way of hits open, and counts what goes it once', async () => {
    const { app, url } = await listen(
      ...[CoalescingModule.forRoot(), CachingModule.forRoot(), CircuitBreakerModule.forRoot()],
      BackendModule.forRoot(),
      RoutesModule.forRoot({ fastPath: true }),
      RoutesModule.forFeature([
        defineRoute({
          path: '/products',
          params: z.object({ id: z.string() }),
          key: ({ id }) => [id],
          backend: ({ id }) => `${backend}/users/${id}`,
          freshMs: 60_000,
        }),
      ]),
      MetricsModule.forRoot(),
    );
    backend = url;
    for (let request = 0; request < 5; request++)
      await (await fetch(`${url}/products?id=1`)).text();
    const page = await pageOf(app);
    const requests = (route: string) =>
      valueOf(page, `breakwater_http_requests_total{route="${route}",status="200"}`);
    expect([requests('/products'), requests('/users/:id')]).toEqual([5, 1]);
    expect(valueOf(page, SAVED)).toBe(4);
  });
});

/** The application is its own backend. */
let backend = '';
