import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ManualClock } from 'breakwater/testing';
import { AppModule } from '../src/app.module.js';
import { Backend } from '../src/backend.js';
import { Usage } from '../src/usage.js';

const EU = '/prices?region=eu&sku=A1';
const ACME = '/tenants/acme/catalogue';

describe('the application', () => {
  let clock: ManualClock;
  let backend: Backend;
  let app: INestApplication<Server>;
  let server: Server;

  beforeEach(async () => {
    clock = new ManualClock();
    backend = new Backend();
    const root = AppModule.forRoot({ BACKEND_URL: await backend.listen() }, clock);
    app = await NestFactory.create(root, { logger: false });
    await app.listen(0, '127.0.0.1');
    server = app.getHttpServer();
  });

  afterEach(async () => {
    await backend.close();
    await app.close();
  });

  /** @param key the caller's API key; an empty one is not sent */
  async function get(path: string, key = 'acme-key') {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { connection: 'close', ...(key !== '' && { 'X-Api-Key': key }) },
    });
    const { status, headers } = response;
    const cache = headers.get('cache-status');
    return { status, headers, cache, body: (await response.json()) as Record<string, unknown> };
  }

  /** Asks `count` times at once; the result is there when the application has taken them all in. */
  async function burst(count: number, path: string) {
    const allArrived = new Promise<void>((resolve) => {
      let arrived = 0;
      server.on('request', () => {
        arrived += 1;
        if (arrived === count) resolve();
      });
    });
    const answers = Array.from({ length: count }, () => get(path));
    await allArrived;
    // A whole request later each of them has got past the guards.
    await get('/nowhere');
    return answers;
  }

  it('makes one call of 100 requests at once', async () => {
    const release = backend.hold('/regions/eu/prices/A1');
    const pending = await burst(100, EU);
    release();
    const answers = await Promise.all(pending);
    assert.equal(backend.calls(), 1);
    assert.equal(answers.filter(({ cache }) => cache?.includes('collapsed')).length, 99);
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [200, { region: 'eu', sku: 'A1', price: '1.99' }]);
    }
  });

  it('answers one region while another one hangs', async () => {
    const release = backend.hold('/regions/eu/prices/A1');
    const [hanging] = await burst(1, EU);
    const us = await get('/prices?region=us&sku=A1');
    assert.deepEqual([us.status, us.body['region']], [200, 'us']);
    release();
    assert.equal((await hanging)?.body['region'], 'eu');
  });

  it('shares prices among tenants', async () => {
    await get(EU, 'acme-key');
    const { cache } = await get(EU, 'globex-key');
    assert.match(String(cache), /^breakwater; hit; ttl=\d+$/);
    assert.equal(backend.calls(), 1);
  });

  it('gives each tenant its own catalogue, also at the same moment', async () => {
    const release = backend.hold('/tenants/acme/catalogue?page=1');
    const [pending] = await burst(1, ACME);
    const globex = await get('/tenants/globex/catalogue', 'globex-key');
    release();
    assert.equal(globex.body['tenant'], 'globex');
    assert.equal((await pending)?.body['tenant'], 'acme');
    assert.equal((await get(ACME)).body['tenant'], 'acme');
    assert.equal((await get('/tenants/globex/catalogue', 'globex-key')).body['tenant'], 'globex');
    assert.equal(backend.calls(), 2);
  });

  it('refuses by its guard what is cached already', async () => {
    assert.equal((await get(ACME)).status, 200);
    assert.equal((await get(ACME, '')).status, 401);
    assert.equal((await get(ACME, 'unknown')).status, 401);
    const other = await get(ACME, 'globex-key');
    assert.equal(other.status, 403);
    assert.ok(!JSON.stringify(other.body).includes('version'));
    assert.equal((await get(EU, '')).status, 401);
    assert.equal(backend.calls(), 1);
  });

  it('keeps API keys to itself', async () => {
    await get(EU);
    await get(ACME);
    assert.equal(backend.calls(), 2);
    for (const { rawHeaders } of backend.requests) {
      assert.ok(!rawHeaders.join().includes('acme-key'));
    }
  });

  it('runs its interceptor for cached answers too', async () => {
    await get(ACME);
    await get(ACME);
    assert.equal(app.get(Usage, { strict: false }).of('acme'), 2);
    assert.equal(backend.calls(), 1);
  });

  it('serves stale prices while the backend is down, and says so', async () => {
    const { body } = await get(EU);
    backend.failing = true;
    clock.advance(10_000);
    // At once, and one attempt behind.
    const first = await get(EU);
    assert.deepEqual(first.body, body);
    assert.match(String(first.cache), /^breakwater; hit; ttl=-\d+; detail=stale-/);
    assert.equal(first.headers.get('age'), '10');
    // Beyond the time for refreshing, in place of the error.
    clock.advance(100_000);
    const later = await get(EU);
    assert.deepEqual([later.status, later.body], [200, body]);
    assert.match(String(later.cache), /; detail=stale-if-error$/);
    // Beyond all: the error.
    clock.advance(200_000);
    const last = await get(EU);
    assert.deepEqual([last.status, last.body], [502, { error: 'backend unavailable' }]);
    backend.failing = false;
  });

  it('opens the circuit of prices after three failures, and closes it by a probe', async () => {
    await get(EU);
    clock.advance(31_000);
    backend.failing = true;
    for (const sku of ['B1', 'B2', 'B3']) {
      assert.equal((await get(`/prices?region=eu&sku=${sku}`)).status, 502);
    }
    const refused = await get('/prices?region=us&sku=B4');
    assert.deepEqual([refused.status, refused.body], [503, { error: 'circuit open' }]);
    assert.equal(refused.headers.get('x-circuit-state'), 'open');
    assert.equal(refused.headers.get('retry-after'), '5');
    assert.equal(backend.calls(), 4);
    // What is kept replaces the refusal; other routes have nothing to do with it.
    assert.match(String((await get(EU)).cache), /; detail=stale-if-error$/);
    backend.failing = false;
    assert.equal((await get(ACME)).status, 200);
    clock.advance(5_000);
    assert.equal((await get('/prices?region=us&sku=B4')).status, 200);
    assert.equal((await get('/prices?region=us&sku=B5')).status, 200);
  });

  for (const [path, name] of [
    ['/prices?region=mars&sku=A1', 'region'],
    ['/prices?region=eu', 'sku'],
    ['/prices?region=eu&sku=A1&sku=A2', 'sku'],
    ['/tenants/acme/catalogue?page=0', 'page'],
  ] as const) {
    it(`answers ${path} with 400, and names ${name}`, async () => {
      const { status, body } = await get(path);
      assert.equal(status, 400);
      assert.match(String(body['error']), new RegExp(`^${name}: `));
      assert.equal(backend.calls(), 0);
    });
  }
});
