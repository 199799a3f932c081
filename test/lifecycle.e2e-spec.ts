import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import { get, start, type Reply } from './support/http-client.js';
import { RawClient } from './support/raw-client.js';
import { Fixtures } from './support/running-service.js';
import { RESOURCE, ScriptedBackend } from './support/scripted-backend.js';
import { builtMain } from './support/service-build.js';
import { freePort, ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

type Env = Record<string, string>;

/** Cleaned up after each test, whatever became of it. */
const processes: ServiceProcess[] = [];
const backends: ScriptedBackend[] = [];
const clients: RawClient[] = [];

const keep = <T>(list: T[], item: T): T => {
  list.push(item);
  return item;
};
const backend = async (): Promise<ScriptedBackend> => keep(backends, await ScriptedBackend.start());
const spawn = async (env: Env): Promise<ServiceProcess> =>
  keep(processes, await ServiceProcess.spawn(env));
const launch = async (env: Env): Promise<ServiceProcess> =>
  keep(processes, await ServiceProcess.start(env));

/** Resolves once `condition` holds, asked again and again; for what only another process knows. */
async function eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(10)) {
    if (await condition()) return;
  }
  throw new Error(`never: ${what}`);
}

const isRefused = (port: number): Promise<boolean> =>
  get(port, '/health/live').then(
    () => false,
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  );
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

beforeAll(() => {
  builtMain();
}, 180_000);

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(processes.splice(0).map((service) => service.kill()));
  await Promise.all(backends.splice(0).map((server) => server.down()));
});

describe('starting', () => {
  it('needs no backend, and serves it as soon as it comes', async () => {
    const server = await backend();
    await server.down();
    const service = await launch({ BACKEND_URL: server.url });
    expect((await get(service.port, '/health')).status).toBe(200);
    expect((await get(service.port, '/api/data/a')).status).toBe(502);
    await server.up();
    expect((await get(service.port, '/api/data/a')).status).toBe(200);
  });

  it('takes until its first 200 no longer than a few seconds on a busy machine', async () => {
    const server = await backend();
    const startedAt = performance.now();
    const service = await launch({ BACKEND_URL: server.url });
    expect((await get(service.port, '/api/data/a')).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('listens on IPv4 and on IPv6', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url });
    for (const host of ['127.0.0.1', '::1']) {
      expect((await get(service.port, '/api/data/a', { host })).status).toBe(200);
    }
  });

  it('on a port in use ends with one readable line and code 1', async () => {
    const first = await launch({});
    const second = await spawn({ PORT: String(first.port) });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    const said = `${second.stdout}${second.stderr}`;
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toMatch(/in use/);
    expect(said).not.toMatch(/\n\s+at /);
    expect((await get(first.port, '/health')).status).toBe(200);
  });

  it('with invalid settings ends with one list of all of them and code 1', async () => {
    const wrong: Env = {
      PORT: 'eighty',
      BACKEND_URL: 'ftp://backend',
      BACKEND_TIMEOUT_MS: '0',
      BACKEND_MAX_BODY_BYTES: '-1',
      CIRCUIT_FAILURE_THRESHOLD: '2.5',
      CIRCUIT_COOLDOWN_MS: '5s',
      SHUTDOWN_GRACE_MS: '1e3',
      SHUTDOWN_DRAIN_MS: 'soon',
      HEADERS_TIMEOUT_MS: 'NaN',
      REQUEST_TIMEOUT_MS: '0x10',
      CORS_ORIGIN: 'not an origin',
      LOG_LEVEL: 'loud',
    };
    const service = await spawn(wrong);
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stdout).toBe('');
    const lines = service.stderr.trim().split('\n');
    for (const [name, value] of Object.entries(wrong)) {
      const about = lines.filter((line) => line.trim().startsWith(name));
      expect(about).toHaveLength(1);
      expect(about[0]).toContain(JSON.stringify(value));
      expect(about[0]).toMatch(/allowed: .{5,}/);
    }
    expect(lines).toHaveLength(1 + Object.keys(wrong).length);
    expect(service.stderr).not.toMatch(/\n\s+at /);
  });

  it('with one invalid setting names that one alone, and hides a password in it', async () => {
    const service = await spawn({ BACKEND_URL: 'http://user:hunter2@backend' });
    expect((await service.exited).code).toBe(1);
    expect(service.stderr).toMatch(/BACKEND_URL/);
    expect(service.stderr).not.toMatch(/hunter2|BACKEND_TIMEOUT_MS|PORT/);
  });
});

describe('logging', () => {
  it('is a JSON object a line, with id and status of each request', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url });
    server.on('bad', { status: 500 });
    await get(service.port, '/api/data/good', { headers: { 'x-request-id': 'id-good' } });
    await get(service.port, '/api/data/bad%0A%7B%22a%22:1%7D', {
      headers: { 'x-request-id': 'x' },
    });
    await get(service.port, '/api/data/bad', { headers: { 'x-request-id': 'id-bad' } });
    const good = JSON.parse(await service.waitForLine('id-good')) as Record<string, unknown>;
    const bad = JSON.parse(await service.waitForLine('id-bad')) as Record<string, unknown>;
    expect(good).toMatchObject({ requestId: 'id-good', target: '/api/data/good', status: 200 });
    expect(good['message']).toMatch(/^GET \/api\/data\/good 200 \d+ ms$/);
    expect(bad).toMatchObject({ requestId: 'id-bad', status: 502, cause: expect.any(String) });
    for (const record of service.records) {
      expect(record).toMatchObject({ level: expect.any(String), message: expect.any(String) });
      expect(new Date(String(record['timestamp'])).toISOString()).toBe(record['timestamp']);
    }
    expect(service.lines.filter((line) => line.includes('id-good'))).toHaveLength(1);
    expect(service.stderr).toBe('');
  });

  it('whose reader has gone, or takes nothing, does no harm', async () => {
    const server = await backend();
    for (const reader of ['gone', 'idle']) {
      const service = await launch({ BACKEND_URL: server.url });
      if (reader === 'gone') service.output.destroy();
      else service.output.pause();
      const target = `/health/live?${'x'.repeat(300)}`;
      for (let batch = 0; batch < 20; batch += 1) {
        const client = keep(clients, await RawClient.open(service.port));
        client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(250));
        await client.replies(250, 20_000);
      }
      expect((await get(service.port, '/api/data/a')).status).toBe(200);
      expect(service.isRunning).toBe(true);
      if (reader === 'idle') {
        service.output.resume();
        expect(await service.waitForLine('were dropped')).toMatch(/\d+ lines were dropped/);
        expect(service.records.length).toBeGreaterThan(100);
      }
    }
  });

  it('says nothing less severe than LOG_LEVEL', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, LOG_LEVEL: 'warn' });
    await get(service.port, '/api/data/good', { headers: { 'x-request-id': 'id-good' } });
    server.on('bad', { status: 500 });
    await get(service.port, '/api/data/bad', { headers: { 'x-request-id': 'id-bad' } });
    await service.waitForLine('id-bad');
    expect(service.stdout).not.toContain('id-good');
    expect(service.records.map((record) => record['level'])).not.toContain('log');
  });

  it('is one line per transition of a circuit, however many are refused', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, CIRCUIT_COOLDOWN_MS: '1500' });
    const ask = async (): Promise<unknown> =>
      (await get(service.port, '/api/resource')).headers['x-circuit-state'];
    server.on(RESOURCE, { status: 500 });
    for (let i = 0; i < 3; i += 1) await ask();
    for (let i = 0; i < 10; i += 1) await ask();
    server.on(RESOURCE, {});
    await eventually('closed again', async () => (await ask()) === 'closed');
    service.signal('SIGTERM');
    await service.exited;
    const transitions = service.records
      .filter((record) => record['context'] !== 'Http')
      .map((record) => JSON.stringify(record))
      .filter((line) => /circuit/i.test(line) && /open|closed/.test(line) && /resource/.test(line));
    const to = transitions.map(
      (line) => /(half-open|open|closed)(?!.*\b(open|closed)\b)/.exec(line)?.[1],
    );
    expect(to).toEqual(['open', 'half-open', 'closed']);
  });
});

describe('SIGTERM', () => {
  it('lets what is in flight finish, and says goodbye to keep-alive connections', async () => {
    const server = await backend();
    const service = await launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '800',
      SHUTDOWN_GRACE_MS: '20000',
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

  it.each<[string, number]>([
    ['/api/data/', 10],
    ['/products?productId=', 10],
    ['/api/resource?', 10],
    // More than are worked on at once.
    ['/api/data/', 200],
  ])('lets every request of a pipeline finish, and logs it: %s, %d', async (path, count) => {
    const server = await backend();
    const service = await launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '300',
      SHUTDOWN_GRACE_MS: '20000',
    });
    const opens = gate();
    const ids = Array.from({ length: count }, (_, at) => `piped-${at}`);
    server.on(RESOURCE, { body: 'x', gate: opens });
    for (const id of ids) {
      server.on(id, { body: 'x', gate: opens }).on(`/products/${id}`, { body: 'x', gate: opens });
    }
    const client = keep(clients, await RawClient.open(service.port));
    client.send(ids.map((id) => pipelined(`${path}${id}`, id)).join(''));
    await server.waitForTotal(Math.min(count, 65));
    service.signal('SIGTERM');
    await eventually('the signal heard', () => isLeaving(service.port));
    // What comes behind the request whose answer closes the connection is not begun.
    client.send(pipelined('/api/data/behind', 'behind'));
    await eventually('no new connections', () => isRefused(service.port));
    opens.open();
    await client.untilEnd();
    const replies = await client.replies(count);
    expect(replies.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect(replies.map(({ headers }) => headers.get('x-request-id'))).toEqual(ids);
    expect(replies.map(({ headers }) => headers.get('connection'))).toEqual(
      ids.map((_, at) => (at === count - 1 ? 'close' : 'keep-alive')),
    );
    expect(await service.exited).toEqual({ code: 0, signal: null });
    for (const id of ids) {
      const [line, ...more] = service.records.filter(({ requestId }) => requestId === id);
      expect([line?.['status'], more]).toEqual([200, []]);
    }
    expect(server.calls('behind')).toBe(0);
  });

  it('is told to every request of a pipeline when the grace is over', async () => {
    const server = await backend();
    const service = await launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '100',
      SHUTDOWN_GRACE_MS: '1200',
    });
    const ids = ['piped-1', 'piped-2', 'piped-3'];
    for (const id of ids) server.on(id, { hang: true });
    const client = keep(clients, await RawClient.open(service.port));
    client.send(ids.map((id) => pipelined(`/api/data/${id}`, id)).join(''));
    await server.waitForTotal(3);
    service.signal('SIGTERM');
    await client.untilEnd();
    const replies = await client.replies(3);
    expect(replies.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [503, 'keep-alive'],
      [503, 'keep-alive'],
      [503, 'close'],
    ]);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('is asked for by SIGTERM, and not by SIGHUP', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url });
    service.signal('SIGHUP');
    await service.waitForLine('SIGHUP');
    expect((await get(service.port, '/api/data/a')).status).toBe(200);
    service.signal('SIGTERM');
    await eventually('readiness 503', () => isDraining(service.port));
    service.signal('SIGHUP');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('is no trouble in the log, however often readiness or health is asked', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, SHUTDOWN_DRAIN_MS: '3000' });
    service.signal('SIGTERM');
    await eventually('readiness 503', () => isDraining(service.port));
    expect((await get(service.port, '/health')).status).toBe(503);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.records.filter(({ level }) => level !== 'info')).toEqual([]);
    for (const path of ['/health/ready', '/health']) {
      expect(service.stdout).toContain(`"GET ${path} 503 `);
    }
    expect(service.stdout).not.toMatch(/timeout/i);
  });

  it('under load loses no request of clients that heed readiness', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, SHUTDOWN_DRAIN_MS: '1500' });
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
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, SHUTDOWN_GRACE_MS: '20000' });
    const agent = new Agent({ keepAlive: true });
    await get(service.port, '/api/data/a', { agent });
    keep(clients, await RawClient.open(service.port));
    keep(clients, await RawClient.open(service.port)).send('GET /api/data/b HTTP/1.1\r\nHost: ');
    await get(service.port, '/health/live');
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    agent.destroy();
  });

  it('is obeyed within SHUTDOWN_GRACE_MS, even with a backend that hangs', async () => {
    const server = await backend();
    const service = await launch({
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
    await server.waitForCalls('hangs', 1);
    await server.waitForCalls(RESOURCE, 1);
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(1_200 + 150);
    const outcomes = await Promise.allSettled(pending.map(({ reply }) => reply));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value.status).toBeGreaterThanOrEqual(500);
    }
  });

  it.each(['/api/data/big', '/products?productId=big'])(
    'lets a client read its answer to the last byte, however slowly: %s',
    async (target) => {
      const server = await backend();
      const service = await launch({
        BACKEND_URL: server.url,
        PRODUCT_API_BASE: `${server.url}/backend`,
        SHUTDOWN_DRAIN_MS: '100',
      });
      const body = Buffer.alloc(14 * 2 ** 20, 'x');
      server.on('big', { body }).on('products/big', { body });
      // A hit of the fast path, where there is one, is nobody's request but the server's.
      await get(service.port, target);
      await get(service.port, target);
      const client = keep(clients, await RawClient.open(service.port));
      let received = 0;
      client.socket.removeAllListeners('data');
      const begun = new Promise((resolve) => client.socket.once('data', resolve));
      client.socket.on('data', (chunk: Buffer) => {
        if (received === 0) client.socket.pause();
        received += chunk.length;
      });
      client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await begun;
      service.signal('SIGTERM');
      await eventually('no new connections', () => isRefused(service.port));
      await sleep(200);
      expect(service.isRunning).toBe(true);
      client.socket.resume();
      await client.untilEnd();
      expect(received).toBeGreaterThan(body.length);
      expect(await service.exited).toEqual({ code: 0, signal: null });
    },
  );

  it('is obeyed within it with a client that does not read', async () => {
    const server = await backend();
    const service = await launch({
      BACKEND_URL: server.url,
      SHUTDOWN_DRAIN_MS: '100',
      SHUTDOWN_GRACE_MS: '1200',
    });
    server.on('big', { body: Buffer.alloc(16 * 2 ** 20) });
    const client = keep(clients, await RawClient.open(service.port));
    client.socket.once('data', () => client.socket.pause());
    client.send('GET /api/data/big HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => client.socket.once('data', resolve));
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(1_200 + 150);
    expect(service.stdout).toMatch(/The grace is over: 1 connections are cut .* \d+ bytes left/);
  });

  it.each<[string, NodeJS.Signals, NodeJS.Signals]>([
    ['a second SIGTERM', 'SIGTERM', 'SIGTERM'],
    ['SIGINT twice', 'SIGINT', 'SIGINT'],
    ['SIGINT after SIGTERM', 'SIGTERM', 'SIGINT'],
  ])('%s does no harm: what is in flight still finishes', async (_, first, second) => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, SHUTDOWN_DRAIN_MS: '150' });
    const opens = gate();
    server.on('slow', { gate: opens });
    const pending = start(service.port, '/api/data/slow');
    await server.waitForCalls('slow', 1);
    service.signal(first);
    await eventually('the first signal heard', () => isLeaving(service.port));
    service.signal(second);
    await eventually('no new connections', () => isRefused(service.port));
    service.signal(second);
    expect(service.isRunning).toBe(true);
    opens.open();
    expect((await pending.reply).status).toBe(200);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('during an idle moment ends the process soon after the drain delay', async () => {
    const service = await launch({ SHUTDOWN_DRAIN_MS: '50', SHUTDOWN_GRACE_MS: '20000' });
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expect(await freePort()).toBeGreaterThan(0);
  });
});

describeOnEach('a service that is closed', (platform) => {
  const fixtures = new Fixtures(platform);

  it.each<[string, string[], (string | undefined)[]]>([
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
    const client = keep(clients, await RawClient.open(service.port));
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

describe('living on', () => {
  it('1 000 clients that abort leave no flight and no connection behind', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, LOG_LEVEL: 'error' });
    for (let round = 1; round <= 5; round += 1) {
      server.on('hangs', { hang: true });
      const pending = Array.from({ length: 200 }, () => start(service.port, '/api/data/hangs'));
      await server.waitForCalls('hangs', round);
      for (const client of pending) client.leave();
      await server.waitForAborted('hangs', round);
    }
    await server.waitForConnections(0);
    server.on('hangs', {});
    expect((await get(service.port, '/api/data/hangs')).status).toBe(200);
    expect(service.stderr).toBe('');
  });

  it('nonsense on its port, and from its backend, does not end it', async () => {
    const server = await backend();
    const service = await launch({ BACKEND_URL: server.url, BACKEND_TIMEOUT_MS: '300' });
    for (const answer of [
      { garbage: true },
      { upgrade101: true },
      { moreThanContentLength: true },
      { truncate: true },
      { reset: true },
      { trickle: 10 },
    ]) {
      server.on('odd', answer).on(RESOURCE, answer);
      await get(service.port, '/api/data/odd');
      await get(service.port, '/api/resource');
    }
    for (const bytes of [
      '\r\n\r\n',
      '\u0000',
      'GET',
      'GET / HTTP/1.1\r\nA',
      '\u0016\u0003\u0001',
    ]) {
      keep(clients, await RawClient.open(service.port))
        .send(bytes)
        .halfClose();
    }
    expect((await get(service.port, '/api/data/well')).status).toBe(200);
    expect(service.stderr).toBe('');
  });
});
