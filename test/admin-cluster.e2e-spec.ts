import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import type { AdminSnapshot } from '../src/admin/index.js';
import { RedisServer } from '../src/cluster/testing/redis-server.js';
import { describeInside, Fixtures, type RunningService } from './support/running-service.js';
import type { ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const TOKEN = 'a-token-of-operators-0123456789';

// Each worker is a member of its own.
describeInside('operators of replicas with a store and a disk', () => {
  const fixtures = new Fixtures('express', 'after all tests');
  const folders: string[] = [];
  let store: RedisServer;
  let backend: ScriptedBackend;
  let replicas: readonly [RunningService, RunningService];

  beforeAll(async () => {
    store = await RedisServer.start();
    backend = await fixtures.backend();
    const start = async (): Promise<RunningService> => {
      const folder = mkdtempSync(join(tmpdir(), 'breakwater-admin-'));
      folders.push(folder);
      return fixtures.service(backend, {
        env: {
          ADMIN_TOKEN: TOKEN,
          REDIS_URL: store.url,
          CACHE_DIR: folder,
          FRESH_TTL_MS: '600000',
          PRODUCT_API_BASE: `${backend.url}/backend`,
        },
      });
    };
    replicas = [await start(), await start()];
    for (const replica of replicas) {
      await until(async () => (await snapshot(replica)).cluster?.status === 'up');
    }
  });

  // Before the services, which would else look for the store again while they close.
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
    await store.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    while (!(await condition())) await sleep(10);
  };
  const headers = { authorization: `Bearer ${TOKEN}` };
  const snapshot = async (replica: RunningService): Promise<AdminSnapshot> =>
    JSON.parse((await replica.get('/admin', { headers })).text) as AdminSnapshot;
  const purge = async (replica: RunningService, order: object) => {
    const { status, text } = await replica.get('/admin/purge', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    return [status, (JSON.parse(text) as { everywhere: boolean }).everywhere];
  };

  let id = '';
  let serial = 0;
  beforeEach(async () => {
    id = `product-${serial++}`;
    backend.on(`products/${id}`, { body: 'old' }, { body: 'new' });
    for (const replica of replicas) expect(await ask(replica)).toBe('old');
    expect(backend.calls(`products/${id}`)).toBe(1);
  });
  const ask = async (replica: RunningService): Promise<string> =>
    (await replica.get(`/products?productId=${id}`)).text;

  it.each([
    ['a URL', () => ({ url: `/products?productId=${id}` })],
    ['a tag', () => ({ tag: `coalescer:/products:${id}` })],
    ['a cache', () => ({ cache: '/products' })],
    ['everything', () => ({ all: true })],
  ])('purge %s in all of them, in memory, on disk and in the store', async (_, order) => {
    const [one, other] = replicas;
    expect(await purge(one, order())).toEqual([200, true]);
    expect(await ask(one)).toBe('new');
    // The message of the store may take a moment to the other one.
    await until(async () => (await ask(other)) === 'new');
    expect(backend.calls(`products/${id}`)).toBe(2);
  });

  it('see both members, the tiers and what they may take', async () => {
    const [one] = replicas;
    await until(async () => (await snapshot(one)).cluster?.members.list.length === 2);
    const { cluster, caching } = await snapshot(one);
    expect(cluster?.members.list).toMatchObject([
      { instance: cluster?.instance, self: true },
      { self: false },
    ]);
    expect(cluster?.store).toMatch(/^(?:redis|valkey) \d/);
    expect(caching?.tiers).toMatchObject([
      { name: 'memory', maxBytes: 67_108_864, maxEntries: 1_000_000 },
      { name: 'disk', maxBytes: 1_073_741_824 },
      { name: 'shared', status: 'up' },
    ]);
  });

  it('see which keys an instance leads', async () => {
    backend.on('leads', { hang: true });
    const [one] = replicas;
    const pending = await one.arrive('/api/data/leads');
    await backend.waitForCalls('leads', 1);
    const { cluster } = await snapshot(one);
    expect(cluster?.leases).toMatchObject({ list: [{ heldMs: expect.any(Number) }], left: 0 });
    expect(cluster?.leases.list[0]?.key).toContain('leads');
    pending.leave();
    await backend.waitForAborted('leads', 1);
  });

  it('are told that the store has not taken a purge yet', async () => {
    const [one, other] = replicas;
    await store.stop();
    await until(async () => (await snapshot(one)).cluster?.status === 'degraded');
    expect(await purge(one, { url: `/products?productId=${id}` })).toEqual([202, false]);
    // It holds here at once.
    expect(await ask(one)).toBe('new');
    expect((await snapshot(one)).cluster?.invalidationsPending).toBe(1);
    expect(await ask(other)).toBe('old');
  });
});
