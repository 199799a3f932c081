import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import { get, start, type Reply } from './support/http-client.js';
import { eventually, isRefused, ProcessFixtures } from './support/process-fixtures.js';
import { Fixtures, itInside } from './support/running-service.js';
import { RESOURCE } from './support/scripted-backend.js';
import { programOf } from '../src/ground/testing/programs.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

/** Told to stop, and known to have heard it: not ready, or not listening any more. */
const isLeaving = (port: number): Promise<boolean> =>
  get(port, '/health/ready').then(
    ({ status }) => status === 503,
    () => true,
  );
const isDraining = async (port: number): Promise<boolean> =>
  (await get(port, '/health/ready')).status === 503;

const pipelined = (target: string, id: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\n\r\n`;

/** What a busy machine takes longer for ends by what a test does, and not by the clock. */
const PATIENT = { BACKEND_TIMEOUT_MS: '60000', SHUTDOWN_GRACE_MS: '60000' };

beforeAll(() => void programOf('service'));

describe('SIGTERM', () => {
  const fixtures = new ProcessFixtures();

  it('lets what is in flight finish, and says goodbye to keep-alive connections', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '800',
      ...PATIENT,
    });
    const opens = gate();
    server.on('slow', { body: 'worth the wait', gate: opens });
    server.on(RESOURCE, { body: 'worth it too', gate: opens });
    const agent = new Agent({ keepAlive: true });
    const pending = Array.from({ length: 50 }, (_, i) =>
      start(service.port, i % 2 ? '/api/data/slow' : '/api/resource', { agent }),
    );
    await server.waitForCalls('slow', 1);
    await server.waitForCalls(RESOURCE, 25);

    service.signal('SIGTERM');
    await eventually('readiness 503', () => isDraining(service.port));
    // The drain delay: others do not know yet, and are served.
    const late = await get(service.port, '/api/data/late', { agent });
    expect([late.status, late.headers.connection]).toEqual([200, 'close']);
    expect((await get(service.port, '/health/live')).status).toBe(200);
    await eventually('no new connections', () => isRefused(service.port));
    expect(service.isRunning).toBe(true);

    opens.open();
    const openedAt = performance.now();
    const replies = await Promise.all(pending.map(({ reply }) => reply));
    for (const reply of replies) {
      expect([reply.status, reply.headers.connection]).toEqual([200, 'close']);
      expect(reply.text).toMatch(/^worth/);
    }
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - openedAt).toBeLessThan(10_000);
    agent.destroy();
  });

  it('lets every request of a pipeline finish, and logs it', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '300',
      ...PATIENT,
    });
    const opens = gate();
    server.on(RESOURCE, { body: 'x', gate: opens });
    const pipelines = await Promise.all(
      [
        { name: 'data', path: '/api/data/', count: 10 },
        { name: 'products', path: '/products?productId=', count: 10 },
        { name: 'resource', path: '/api/resource?', count: 10 },
        // More than are worked on at once.
        { name: 'long', path: '/api/data/', count: 200 },
      ].map(async ({ name, path, count }) => {
        const ids = Array.from({ length: count }, (_, at) => `${name}-${at}`);
        return { path, ids, client: await fixtures.client(service) };
      }),
    );
    for (const { path, ids, client } of pipelines) {
      for (const id of ids) {
        server.on(id, { body: 'x', gate: opens }).on(`/products/${id}`, { body: 'x', gate: opens });
      }
      client.send(ids.map((id) => pipelined(`${path}${id}`, id)).join(''));
    }
    await server.waitForTotal(10 + 10 + 10 + 65);
    service.signal('SIGTERM');
    await eventually('the signal heard', () => isLeaving(service.port));
    // What comes behind the request whose answer closes the connection is not begun.
    for (const { client } of pipelines) client.send(pipelined('/api/data/behind', 'behind'));
    await eventually('no new connections', () => isRefused(service.port));
    opens.open();
    for (const { ids, client } of pipelines) {
      await client.untilEnd();
      const replies = await client.replies(ids.length);
      expect(replies.map(({ status }) => status)).toEqual(ids.map(() => 200));
      expect(replies.map(({ headers }) => headers.get('x-request-id'))).toEqual(ids);
      expect(replies.map(({ headers }) => headers.get('connection'))).toEqual(
        ids.map((_, at) => (at === ids.length - 1 ? 'close' : 'keep-alive')),
      );
    }
    expect(await service.exited).toEqual({ code: 0, signal: null });
    const { records } = service;
    for (const id of pipelines.flatMap(({ ids }) => ids)) {
      const [line, ...more] = records.filter(({ requestId }) => requestId === id);
      expect([line?.['status'], more]).toEqual([200, []]);
    }
    expect(server.calls('behind')).toBe(0);
  });

  it('is asked for by SIGTERM, not by SIGHUP, and is no trouble in the log, however often health is asked', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '3000',
      ...PATIENT,
    });
    service.signal('SIGHUP');
    await service.waitForLine('SIGHUP');
    expect((await get(service.port, '/api/data/a')).status).toBe(200);
    service.signal('SIGTERM');
    await eventually('readiness 503', () => isDraining(service.port));
    service.signal('SIGHUP');
    expect((await get(service.port, '/health')).status).toBe(503);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.records.filter(({ level }) => level !== 'info')).toEqual([]);
    for (const path of ['/health/ready', '/health']) {
      expect(service.stdout).toContain(`"GET ${path} 503 `);
    }
    expect(service.stdout).not.toMatch(/timeout/i);
  });

  it('under load loses no request of clients that heed readiness', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '1500',
      ...PATIENT,
    });
    const agent = new Agent({ keepAlive: true });
    let stopped = false;
    const replies: Reply[] = [];
    const client = async (id: number): Promise<void> => {
      for (let n = 0; !stopped; n += 1) {
        const path = n % 3 ? `/api/data/${String(id)}-${String(n)}` : '/api/resource';
        replies.push(await get(service.port, path, n % 2 ? { agent } : {}));
      }
    };
    const load = Promise.all(Array.from({ length: 20 }, (_, id) => client(id)));
    await eventually('load', () => Promise.resolve(replies.length > 200));
    const before = replies.length;
    service.signal('SIGTERM');
    await eventually('readiness 503', () => isDraining(service.port));
    await eventually('load while draining', () => Promise.resolve(replies.length > before + 50));
    stopped = true;
    await load;
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
    expect(await service.exited).toEqual({ code: 0, signal: null });
    agent.destroy();
  });

  it('is not held up by connections that are idle, silent or half-way through a head', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '100',
      ...PATIENT,
    });
    const agent = new Agent({ keepAlive: true });
    await get(service.port, '/api/data/a', { agent });
    await fixtures.client(service);
    (await fixtures.client(service)).send('GET /api/data/b HTTP/1.1\r\nHost: ');
    await get(service.port, '/health/live');
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    agent.destroy();
  });

  it('is obeyed within SHUTDOWN_GRACE_MS with a backend that hangs, and told to every request', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      BACKEND_TIMEOUT_MS: '60000',
      SHUTDOWN_DRAIN_MS: '100',
      SHUTDOWN_GRACE_MS: '1200',
    });
    server.on('hangs', { hang: true }).on(RESOURCE, { hang: true });
    const pending = [
      start(service.port, '/api/data/hangs'),
      start(service.port, '/api/data/hangs'),
      start(service.port, '/api/resource'),
    ];
    const ids = ['piped-1', 'piped-2', 'piped-3'];
    for (const id of ids) server.on(id, { hang: true });
    const client = await fixtures.client(service);
    client.send(ids.map((id) => pipelined(`/api/data/${id}`, id)).join(''));
    for (const key of ['hangs', RESOURCE, ...ids]) await server.waitForCalls(key, 1);
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(1_200 + 150);
    const outcomes = await Promise.allSettled(pending.map(({ reply }) => reply));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value.status).toBeGreaterThanOrEqual(500);
    }
    await client.untilEnd();
    const replies = await client.replies(3);
    expect(replies.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [503, 'keep-alive'],
      [503, 'keep-alive'],
      [503, 'close'],
    ]);
  });

  it('lets a client read its answer to the last byte, however slowly', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      PRODUCT_API_BASE: `${server.url}/backend`,
      SHUTDOWN_DRAIN_MS: '100',
      ...PATIENT,
    });
    const body = Buffer.alloc(14 * 2 ** 20, 'x');
    server.on('big', { body }).on('products/big', { body });
    const reading = await Promise.all(
      ['/api/data/big', '/products?productId=big'].map(async (target) => {
        // A hit of the fast path, where there is one, is nobody's request but the server's.
        await get(service.port, target);
        await get(service.port, target);
        const client = await fixtures.client(service);
        const reader = { client, received: 0 };
        client.socket.removeAllListeners('data');
        const begun = new Promise((resolve) => client.socket.once('data', resolve));
        client.socket.on('data', (chunk: Buffer) => {
          if (reader.received === 0) client.socket.pause();
          reader.received += chunk.length;
        });
        client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
        await begun;
        return reader;
      }),
    );
    service.signal('SIGTERM');
    await eventually('no new connections', () => isRefused(service.port));
    await sleep(200);
    // One after the other: for each of them alone the service stays.
    for (const reader of reading) {
      expect(service.isRunning).toBe(true);
      reader.client.socket.resume();
      await reader.client.untilEnd();
      expect(reader.received).toBeGreaterThan(body.length);
    }
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('is obeyed within it with a client that does not read', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      BACKEND_TIMEOUT_MS: '60000',
      SHUTDOWN_DRAIN_MS: '100',
      SHUTDOWN_GRACE_MS: '1200',
    });
    server.on('big', { body: Buffer.alloc(16 * 2 ** 20) });
    const client = await fixtures.client(service);
    client.socket.once('data', () => client.socket.pause());
    client.send('GET /api/data/big HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => client.socket.once('data', resolve));
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(1_200 + 150);
    expect(service.stdout).toMatch(/The grace is over: 1 connections are cut .* \d+ bytes left/);
  });

  it.each<[NodeJS.Signals, NodeJS.Signals[]]>([
    ['SIGTERM', ['SIGTERM', 'SIGINT']],
    ['SIGINT', ['SIGINT']],
  ])('%s, and then %j, do no harm: what is in flight still finishes', async (first, others) => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '150',
      ...PATIENT,
    });
    const opens = gate();
    server.on('slow', { gate: opens });
    const pending = start(service.port, '/api/data/slow');
    await server.waitForCalls('slow', 1);
    service.signal(first);
    await eventually('the first signal heard', () => isLeaving(service.port));
    for (const other of others) service.signal(other);
    await eventually('no new connections', () => isRefused(service.port));
    for (const other of others) service.signal(other);
    expect(service.isRunning).toBe(true);
    opens.open();
    expect((await pending.reply).status).toBe(200);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});

describeOnEach('a service that is closed', (platform) => {
  const fixtures = new Fixtures(platform);
  const sockets = new ProcessFixtures();

  itInside.each<[string, string[], (string | undefined)[]]>([
    ['misses', ['slow', 'b', 'c'], ['keep-alive', 'keep-alive', 'close']],
    ['a hit among them', ['slow', 'hit', 'c'], ['keep-alive', 'keep-alive', 'close']],
    // Their heads were made before it was known that they would be the last.
    ['hits behind a miss', ['slow', 'hit', 'hit'], ['keep-alive', 'keep-alive', 'keep-alive']],
  ])('answers every request of a pipeline: %s', async (_, keys, connections) => {
    const server = await fixtures.backend();
    const service = await fixtures.service(server, { env: { SHUTDOWN_DRAIN_MS: '300' } });
    const opens = gate();
    server.on('/products/hit', { body: 'hit' });
    for (let i = 0; i < 3; i += 1) await service.get('/products?productId=hit');
    for (const key of ['slow', 'b', 'c']) server.on(`/products/${key}`, { body: key, gate: opens });
    const client = await sockets.client(service);
    client.send(keys.map((key) => pipelined(`/products?productId=${key}`, key)).join(''));
    await server.waitForTotal(1 + keys.filter((key) => key !== 'hit').length);
    await service.fence();
    const closed = service.app.close();
    await eventually('no new connections', () => isRefused(service.port));
    opens.open();
    const text = await client.untilEnd();
    await closed;
    const replies = await client.replies(3);
    expect([replies.map(({ body }) => body), text.includes('503')]).toEqual([keys, false]);
    expect(replies.map(({ headers }) => headers.get('connection'))).toEqual(connections);
  });
});
