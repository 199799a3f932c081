import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import { ManualClock } from '../src/ground/manual-clock.js';
import { circuitStateOf } from './support/circuit-state.js';
import { describeOnEach } from './support/describe-on-each.js';
import { flightsOf } from './support/flights.js';
import { gate } from './support/gate.js';
import { Fixtures, itInside, type RunningService } from './support/running-service.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

describeOnEach('health', (platform) => {
  const fixtures = new Fixtures(platform);
  const clock = new ManualClock();
  let backend: ScriptedBackend;
  let service: RunningService;

  const ask = (path: string): request.Test =>
    request(`http://127.0.0.1:${String(service.port)}`).get(path);
  const openCircuit = async (): Promise<void> => {
    backend.on(RESOURCE, { status: 500 });
    for (let i = 0; i < 3; i += 1) await ask('/api/resource').expect(502);
    await ask('/api/resource').expect(503);
  };

  beforeEach(async () => {
    backend = await fixtures.backend();
    service = await fixtures.service(backend, { clock });
  });

  describe('GET /health', () => {
    it('is 200 with the body of Terminus', async () => {
      const { body } = await ask('/health').expect(200).expect('Content-Type', /json/);
      expect(body).toMatchObject({ status: 'ok', error: {} });
      expect(Object.keys(body as object).sort()).toEqual(['details', 'error', 'info', 'status']);
      expect((body as { info: unknown }).info).toEqual((body as { details: unknown }).details);
    });

    it('is 200 with a circuit in every state, and shows it', async () => {
      expect(await circuitStateOf(service)).toBe('closed');
      await openCircuit();
      expect(await circuitStateOf(service)).toBe('open');
      clock.advance(5_000);
      expect(await circuitStateOf(service)).toBe('half-open');
      const { body } = await ask('/health').expect(200);
      expect(body).toMatchObject({ status: 'ok', error: {} });
    });

    // A machine has a shared tier and workers besides.
    itInside('tells anybody states and numbers, and nothing else', async () => {
      service = await fixtures.service(backend, {
        clock,
        env: { PRODUCT_API_BASE: `${backend.url}/backend` },
      });
      backend.on('products/whose-product', { hang: true });
      const pending = await service.arrive('/products?productId=whose-product');
      await backend.waitForCalls('products/whose-product', 1);
      const { body, text } = await ask('/health').expect(200);
      expect((body as { details: unknown }).details).toEqual({
        circuits: { status: 'up', states: { resource: 'closed' } },
        coalescing: { status: 'up', flights: 1, stuck: 0 },
        caching: { status: 'up', tiers: { memory: { status: 'up' } } },
      });
      expect(text).not.toContain('whose-product');
      pending.leave();
    });

    // Of a machine a worker has its share.
    itInside('tells names and sizes too where HEALTH_DETAILS is full', async () => {
      const full = await fixtures.service(backend, {
        clock,
        env: { HEALTH_DETAILS: 'full', PRODUCT_API_BASE: `${backend.url}/backend` },
      });
      backend.on('products/whose-product', { hang: true });
      const pending = await full.arrive('/products?productId=whose-product');
      await backend.waitForCalls('products/whose-product', 1);
      const { details } = JSON.parse((await full.get('/health')).text) as {
        details: Record<string, object>;
      };
      expect(details).toMatchObject({
        backend: { status: 'up', inFlightBytes: 0, maxInFlightBytes: 268_435_456 },
        coalescing: { flights: 1, coalescers: expect.any(Number) },
        caching: { status: 'up', tiers: { memory: { status: 'up', entries: 0 } } },
      });
      expect(JSON.stringify(details['coalescing'])).toContain('whose-product');
      pending.leave();
    });

    it('is 200 with a dead backend, which it does not ask', async () => {
      await ask('/health').expect(200);
      expect(backend.total).toBe(0);
      await backend.down();
      await ask('/api/data/a').expect(502);
      await ask('/health').expect(200);
      await ask('/health/ready').expect(200);
      await ask('/health/live').expect(200);
    });

    it('is 200 with requests that hang, and shows the flights in progress', async () => {
      expect(await flightsOf(service)).toBe(0);
      for (const key of ['a', 'b', 'c']) backend.on(key, { hang: true });
      const pending = await service.burst(9, (i) => `/api/data/${'abc'.charAt(i % 3)}`);
      expect(await flightsOf(service)).toBe(3);
      for (const caller of pending) caller.leave();
      for (const key of ['a', 'b', 'c']) await backend.waitForAborted(key, 1);
      expect(await flightsOf(service)).toBe(0);
    });

    // Of a machine each worker tells its own.
    itInside('shows no flight once it has been answered, failed or timed out', async () => {
      const opens = gate();
      backend.on('works', { gate: opens }).on('fails', { status: 500, gate: opens });
      const pending = await service.burst(6, (i) => `/api/data/${i % 2 ? 'works' : 'fails'}`);
      expect(await flightsOf(service)).toBe(2);
      opens.open();
      await Promise.all(pending.map(({ reply }) => reply));
      expect(await flightsOf(service)).toBe(0);
    });

    it('tells neither host nor address of the backend, nor a key', async () => {
      backend.on('secret-key', { hang: true });
      const pending = await service.arrive('/api/data/secret-key');
      await openCircuit();
      const { text } = await ask('/health').expect(200);
      expect(text).not.toMatch(/127\.0\.0\.1|localhost|secret-key/);
      expect(text).not.toContain(String(backend.port));
      pending.leave();
    });
  });

  describe.each(['/health/live', '/health/ready'])('GET %s', (path) => {
    it('is 200 with status ok, whatever becomes of the backend', async () => {
      const { body } = await ask(path).expect(200).expect('Content-Type', /json/);
      expect(body).toMatchObject({ status: 'ok' });
      await openCircuit();
      await backend.down();
      await ask(path).expect(200);
    });

    it('answers HEAD', async () => {
      const reply = await service.get(path, { method: 'HEAD' });
      expect([reply.status, reply.text]).toEqual([200, '']);
    });
  });

  it.each(['/health', '/health/live', '/health/ready'])(
    '%s is never kept by a cache',
    async (path) => {
      const { headers } = await ask(path).expect(200);
      expect(headers['cache-control']).toMatch(/no-store|no-cache/);
      expect(headers).not.toHaveProperty('etag');
      await ask(path).set('If-None-Match', '*').expect(200);
    },
  );
});
