import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { RedisServer } from '../src/cluster/testing/redis-server.js';
import { expectJsonError } from './support/errors.js';
import { RawClient } from './support/raw-client.js';
import { describeInside, Fixtures, type RunningService } from './support/running-service.js';
import type { ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

/** As large as an answer may be that tiers keep, headers included. */
const BODY_BYTES = 3.5 * 2 ** 20;
/** As many such answers on one connection as the operating system does not take, if nobody reads. */
const PIPELINED = 4;
const ROOM_BYTES = 2 * BODY_BYTES;

const PRODUCTS = ['held-1', 'held-2', 'refused'] as const;

interface Details {
  readonly backend: { readonly inFlightBytes: number; readonly maxInFlightBytes: number };
  readonly caching: { readonly tiers: Readonly<Record<string, { readonly entries?: number }>> };
  readonly cluster: { readonly cluster: string; readonly counters: Record<string, number> };
}

async function detailsOf(service: RunningService): Promise<Details> {
  return ((await service.json('/health')) as { details: Details }).details;
}

/** Waits until health says so of a service. */
async function until(
  service: RunningService,
  what: string,
  expected: (details: Details) => boolean,
): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(10)) {
    if (expected(await detailsOf(service))) return;
  }
  throw new Error(`never ${what}: ${JSON.stringify(await detailsOf(service))}`);
}

const pathOf = (product: string): string => `/products?productId=${product}`;

// Of a machine each worker has its share of what may be in flight.
describeInside('answers that come from a tier, to clients that do not read', () => {
  const fixtures = new Fixtures('express');
  const clients: RawClient[] = [];
  const folders: string[] = [];
  let store: RedisServer;

  beforeAll(async () => {
    store = await RedisServer.start();
  }, 180_000);

  afterAll(() => store.stop());

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function start(
    backend: ScriptedBackend,
    env: Readonly<Record<string, string>>,
  ): Promise<RunningService> {
    return fixtures.service(backend, {
      env: {
        PRODUCT_API_BASE: `${backend.url}/backend`,
        BACKEND_MAX_BODY_BYTES: String(BODY_BYTES),
        INFLIGHT_MAX_BYTES: String(ROOM_BYTES),
        HEALTH_DETAILS: 'full',
        // Of a busy machine, which takes its time for large bodies.
        BACKEND_TIMEOUT_MS: '120000',
        WRITE_TIMEOUT_MS: '600000',
        FRESH_TTL_MS: '600000',
        STALE_TTL_MS: '600000',
        ...env,
      },
    });
  }

  /** Has a service load all products, each as large as an answer may be. */
  async function load(backend: ScriptedBackend, service: RunningService): Promise<void> {
    for (const product of PRODUCTS) {
      backend.on(`products/${product}`, { body: Buffer.alloc(BODY_BYTES, product) });
      expect((await service.get(pathOf(product))).status).toBe(200);
    }
  }

  /** A client that takes the beginning of its answers, which are one and the same body, and no more. */
  async function hold(service: RunningService, product: string): Promise<RawClient> {
    const client = await RawClient.open(service.port);
    clients.push(client);
    const begun = new Promise((resolve) => {
      client.socket.once('data', (chunk) => {
        client.socket.pause();
        resolve(chunk);
      });
    });
    client.send(`GET ${pathOf(product)} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(PIPELINED));
    expect(String(await begun)).toMatch(/^HTTP\/1\.1 200 /);
    return client;
  }

  /** Fills the room of a service that has loaded nothing itself, goes over it, and empties it. */
  async function promise(backend: ScriptedBackend, service: RunningService): Promise<void> {
    const calls = backend.total;
    expect((await detailsOf(service)).backend).toMatchObject({
      inFlightBytes: 0,
      maxInFlightBytes: ROOM_BYTES,
    });
    const [first, second, refused] = PRODUCTS;
    const holding = [await hold(service, first), await hold(service, second)];
    await until(service, 'full', ({ backend: { inFlightBytes } }) => inFlightBytes >= ROOM_BYTES);
    const reply = await service.get(pathOf(refused));
    expectJsonError(reply, 503);
    expect(reply.text).toBe('{"error":"overloaded"}');
    expect(reply.headers['retry-after']).toBe('1');

    expect((await detailsOf(service)).backend.inFlightBytes).toBe(ROOM_BYTES);

    for (const client of holding) client.close();
    await until(service, 'empty', ({ backend: { inFlightBytes } }) => inFlightBytes === 0);
    const served = await service.get(pathOf(refused));
    expect([served.status, served.body.length]).toEqual([200, BODY_BYTES]);
    expect(served.body.subarray(0, refused.length).toString()).toBe(refused);
    await until(service, 'empty', ({ backend: { inFlightBytes } }) => inFlightBytes === 0);
    expect(backend.total).toBe(calls);
  }

  it('of the disk, are counted, bounded by 503, and forgotten when they have gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-in-flight-'));
    folders.push(folder);
    const backend = await fixtures.backend();
    const before = await start(backend, { CACHE_DIR: folder });
    await load(backend, before);
    await until(before, 'on disk', ({ caching }) => caching.tiers['disk']?.entries === 3);
    await before.close();
    await promise(backend, await start(backend, { CACHE_DIR: folder }));
  });

  it('of another replica, are counted, bounded by 503, and forgotten when they have gone', async () => {
    const backend = await fixtures.backend();
    const [one, other] = [
      await start(backend, { REDIS_URL: store.url }),
      await start(backend, { REDIS_URL: store.url }),
    ];
    for (const replica of [one, other]) {
      await until(replica, 'in the cluster', ({ cluster }) => cluster.cluster === 'up');
    }
    await load(backend, one);
    await promise(backend, other);
  });
});
