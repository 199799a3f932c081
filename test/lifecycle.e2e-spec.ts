import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { get, start } from './support/http-client.js';
import { eventually, ProcessFixtures } from './support/process-fixtures.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';
import { programOf } from '../src/ground/testing/programs.js';
import { freePort, type ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

beforeAll(() => void programOf('service'));

describe('starting', () => {
  const fixtures = new ProcessFixtures();

  it('needs no backend, takes no longer than a few seconds on a busy machine, and serves the backend as soon as it comes', async () => {
    const server = await fixtures.backend();
    await server.down();
    const startedAt = performance.now();
    const service = await fixtures.launch({ BACKEND_URL: server.url });
    expect((await get(service.port, '/health')).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect((await get(service.port, '/api/data/a')).status).toBe(502);
    await server.up();
    expect((await get(service.port, '/api/data/a')).status).toBe(200);
  });

  it('with invalid settings ends with one list of all of them and code 1', async () => {
    const wrong: Record<string, string> = {
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
    const service = await fixtures.spawn(wrong);
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
    const service = await fixtures.spawn({ BACKEND_URL: 'http://user:hunter2@backend' });
    expect((await service.exited).code).toBe(1);
    expect(service.stderr).toMatch(/BACKEND_URL/);
    expect(service.stderr).not.toMatch(/hunter2|BACKEND_TIMEOUT_MS|PORT/);
  });
});

describe('logging', () => {
  const fixtures = new ProcessFixtures();

  it('whose reader takes nothing, or has gone, does no harm', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({ BACKEND_URL: server.url });
    const target = `/health/live?${'x'.repeat(300)}`;
    const writeLines = async (batches: number): Promise<void> => {
      for (let batch = 0; batch < batches; batch += 1) {
        const client = await fixtures.client(service);
        client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(250));
        await client.replies(250, 20_000);
      }
      expect((await get(service.port, '/api/data/a')).status).toBe(200);
      expect(service.isRunning).toBe(true);
    };
    service.output.pause();
    // Twice what may wait for a reader.
    await writeLines(12);
    service.output.resume();
    expect(await service.waitForLine('were dropped')).toMatch(/\d+ lines were dropped/);
    expect(service.records.length).toBeGreaterThan(100);
    service.output.destroy();
    await writeLines(4);
  });

  it('says nothing less severe than LOG_LEVEL', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({ BACKEND_URL: server.url, LOG_LEVEL: 'warn' });
    await get(service.port, '/api/data/good', { headers: { 'x-request-id': 'id-good' } });
    server.on('bad', { status: 500 });
    await get(service.port, '/api/data/bad', { headers: { 'x-request-id': 'id-bad' } });
    await service.waitForLine('id-bad');
    expect(service.stdout).not.toContain('id-good');
    expect(service.records.map((record) => record['level'])).not.toContain('log');
  });
});

describe('living on', () => {
  const fixtures = new ProcessFixtures();

  it('nonsense on its port, and from its backend, does not end it', async () => {
    const server = await fixtures.backend();
    const service = await fixtures.launch({ BACKEND_URL: server.url, BACKEND_TIMEOUT_MS: '300' });
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
      (await fixtures.client(service)).send(bytes).halfClose();
    }
    expect((await get(service.port, '/api/data/well')).status).toBe(200);
    expect(service.stderr).toBe('');
  });
});

describe('a service that runs', () => {
  const fixtures = new ProcessFixtures('after all tests');
  let server: ScriptedBackend;
  let service: ServiceProcess;

  beforeAll(async () => {
    server = await fixtures.backend();
    service = await fixtures.launch({
      BACKEND_URL: server.url,
      CIRCUIT_COOLDOWN_MS: '1500',
      SHUTDOWN_DRAIN_MS: '50',
      SHUTDOWN_GRACE_MS: '20000',
    });
  });

  // The first one: nothing else has left a connection to the backend that waits for its next request.
  it('1 000 clients that abort leave no flight and no connection behind', async () => {
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

  it('listens on IPv4 and on IPv6', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      expect((await get(service.port, '/api/data/a', { host })).status).toBe(200);
    }
  });

  it('whose port another one is given has that one end with one readable line and code 1', async () => {
    const second = await fixtures.spawn({ PORT: String(service.port) });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    const said = `${second.stdout}${second.stderr}`;
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toMatch(/in use/);
    expect(said).not.toMatch(/\n\s+at /);
    expect((await get(service.port, '/health')).status).toBe(200);
  });

  it('logs a JSON object a line, with id and status of each request', async () => {
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

  it('logs one line per transition of a circuit, however many are refused', async () => {
    const ask = async (): Promise<unknown> =>
      (await get(service.port, '/api/resource')).headers['x-circuit-state'];
    server.on(RESOURCE, { status: 500 });
    for (let i = 0; i < 3; i += 1) await ask();
    for (let i = 0; i < 10; i += 1) await ask();
    server.on(RESOURCE, {});
    await eventually('closed again', async () => (await ask()) === 'closed');
    // Lines are in order: whatever was told of the circuit stands before this one.
    await get(service.port, '/health/live', { headers: { 'x-request-id': 'id-after' } });
    await service.waitForLine('id-after');
    const transitions = service.records
      .filter((record) => record['context'] !== 'Http')
      .map((record) => JSON.stringify(record))
      .filter((line) => /circuit/i.test(line) && /open|closed/.test(line) && /resource/.test(line));
    const to = transitions.map(
      (line) => /(half-open|open|closed)(?!.*\b(open|closed)\b)/.exec(line)?.[1],
    );
    expect(to).toEqual(['open', 'half-open', 'closed']);
  });

  it('ends soon after the drain delay when it is told to stop during an idle moment', async () => {
    const signalledAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expect(await freePort()).toBeGreaterThan(0);
  });
});
