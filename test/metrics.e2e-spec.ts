import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import { WORKERS } from './support/machine.js';
import { RawClient } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import type { ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const CALLERS = 1_000;
const CALLS = 'breakwater_backend_calls_total{outcome="answered"}';
const SAVED = 'breakwater_backend_calls_saved_total';

const requests = (route: string, status: string | number): string =>
  `breakwater_http_requests_total{route="${route}",status="${status}"}`;

describeOnEach('GET /metrics', (platform) => {
  const fixtures = new Fixtures(platform);
  let backend: ScriptedBackend;
  let service: RunningService;
  const clients: RawClient[] = [];

  /** Values by name and labels, as the page says them. */
  async function page(of = service): Promise<ReadonlyMap<string, number>> {
    const { text } = await of.get('/metrics');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  beforeEach(async () => {
    backend = await fixtures.backend();
    service = await fixtures.service(backend, {
      env: { PRODUCT_API_BASE: `${backend.url}/backend` },
    });
  });

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  it.each([
    // Of those who share a flight each worker has one that leads it there, and is nobody's joiner.
    ['/api/data/hot', 'hot', CALLERS - WORKERS],
    ['/products?productId=hot', 'products/hot', CALLERS - 1],
  ])('says of 1 000 concurrent requests for %s: 1 call, 999 saved', async (path, key, saved) => {
    const held = gate();
    backend.on(key, { gate: held });
    const callers = await service.burst(CALLERS, () => path);
    held.open();
    const replies = await Promise.all(callers.map(({ reply }) => reply));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    const values = await page();
    expect([values.get(CALLS), values.get(SAVED)]).toEqual([1, saved]);
    expect(backend.total).toBe(1);
  });

  it('counts every answer by route and status: hits before the framework and refusals as well', async () => {
    const product = '/products?productId=1';
    for (let request = 0; request < 10; request++) await service.get(product);
    await service.get('/api/data/a');
    await service.get('/api/data/b', { method: 'HEAD' });
    await service.get('/api/data/a', { method: 'POST' });
    await service.get('/products');
    await service.get('/nothing/of/ours');
    const malformed = await RawClient.open(service.port);
    clients.push(malformed);
    malformed.send('NONSENSE\r\n\r\n');
    await malformed.untilEnd();
    const values = await page();
    expect(
      // Whoever waits for all workers asks for their health.
      Object.fromEntries(
        [...values].filter(([name]) => /http_requests.*route="(?!.health)/.test(name)),
      ),
    ).toEqual({
      [requests('/products', 200)]: 10,
      [requests('/products', 400)]: 1,
      [requests('/api/data/:key', 200)]: 2,
      [requests('/api/data/:key', 405)]: 1,
      [requests('unmatched', 404)]: 1,
      [requests('unparsed', 400)]: 1,
    });
    expect(
      values.get('breakwater_cache_lookups_total{cache="/products",result="hit",tier="memory"}'),
    ).toBe(9);
  });

  it('counts a caller who left as one who left', async () => {
    const held = gate();
    backend.on('slow', { gate: held });
    const caller = await service.arrive('/api/data/slow');
    caller.leave();
    await backend.waitForAborted('slow', 1);
    held.open();
    const values = await page();
    expect(values.get(requests('/api/data/:key', 'aborted'))).toBe(1);
    expect(values.get('breakwater_backend_calls_total{outcome="aborted"}')).toBe(1);
    expect(values.get('breakwater_flights_ended_total{coalescer="data",outcome="aborted"}')).toBe(
      1,
    );
  });

  it('shows a circuit that opens, refuses, probes and closes', async () => {
    const state = (mode: string): string =>
      `breakwater_circuit_state{circuit="resource",state="${mode}"}`;
    backend.on('resource', { status: 500 });
    for (let call = 0; call < 5; call++) await service.get('/api/resource');
    const open = await page();
    expect([open.get(state('open')), open.get(state('closed'))]).toEqual([1, 0]);
    expect(open.get('breakwater_circuit_refusals_total{circuit="resource",state="open"}')).toBe(2);
    expect(open.get('breakwater_circuit_calls_total{circuit="resource",outcome="failure"}')).toBe(
      3,
    );
    // Each worker goes through it.
    expect(
      open.get('breakwater_circuit_transitions_total{circuit="resource",from="closed",to="open"}'),
    ).toBe(WORKERS);
    expect(open.get('breakwater_backend_call_duration_seconds_count{outcome="failing"}')).toBe(3);
  });

  it('is text for Prometheus that nobody keeps, and only to be read', async () => {
    const reply = await service.get('/metrics');
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(reply.text).toContain('# TYPE process_cpu_seconds_total counter');
    expect((await service.get('/metrics', { method: 'HEAD' })).status).toBe(200);
    expect((await service.get('/metrics', { method: 'POST' })).status).toBe(405);
  });

  it('names no key, no caller and no backend', async () => {
    const secret = 'SECRET-7f3a';
    await service.get(`/api/data/${secret}`, { headers: { authorization: secret } });
    await service.get(`/products?productId=${secret}`);
    await service.get(`/products?productId=${secret}`, { headers: { cookie: secret } });
    await service.get(`/nothing/${secret}`);
    const { text } = await service.get('/metrics');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(backend.url);
    expect(text).not.toContain('127.0.0.1');
    expect(text).not.toContain('localhost');
  });

  it('is not there with METRICS=off', async () => {
    const off = await fixtures.service(backend, { env: { METRICS: 'off' } });
    expect(await off.get('/metrics')).toMatchObject({ status: 404, text: '{"error":"not found"}' });
  });
});
