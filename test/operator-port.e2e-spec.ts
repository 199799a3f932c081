import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createService } from '../src/service/create-service.js';
import { OperatorPort } from '../src/service/operators/index.js';
import { describeOnEach } from './support/describe-on-each.js';
import { get } from './support/http-client.js';
import type { Reply, RequestOptions } from './support/http-client.js';
import { RawClient } from './support/raw-client.js';
import { describeInside, Fixtures, type RunningService } from './support/running-service.js';
import type { ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const TOKEN = 'a-token-of-operators-0123456789';
const SHOWN = { authorization: `Bearer ${TOKEN}` };

// Where that port is, the service alone knows.
describeOnEach(
  'the port of operators',
  (platform) => {
    const fixtures = new Fixtures(platform, 'after all tests');
    let backend: ScriptedBackend;
    let service: RunningService;
    let port: number;

    beforeAll(async () => {
      backend = await fixtures.backend();
      service = await fixtures.service(backend, {
        env: {
          ADMIN_TOKEN: TOKEN,
          ADMIN_PORT: '0',
          PRODUCT_API_BASE: `${backend.url}/backend`,
        },
      });
      ({ port } = service.app.get(OperatorPort).address);
      backend.on('products/whose-product', { body: '{}' });
      for (let i = 0; i < 3; i++) await service.get('/products?productId=whose-product');
    });

    const ask = (path: string, options?: RequestOptions): Promise<Reply> =>
      get(port, path, options);

    it('serves /admin, which the public port does not know', async () => {
      expect((await ask('/admin', { headers: SHOWN })).status).toBe(200);
      expect((await ask('/admin')).status).toBe(401);
      for (const path of [
        ...['/admin', '/admin/', '/ADMIN', '/admin/ui', '/admin/circuits', '/%61dmin', '/admin?x'],
        ...['http://x/admin', '/metrics', '/metrics/', '/METRICS'],
      ]) {
        const reply = await service.get(path, { headers: SHOWN });
        expect([path, reply.status, reply.text]).toEqual([path, 404, '{"error":"not found"}']);
        expect(reply.headers['x-request-id']).toBeDefined();
      }
    });

    it('listens on this machine alone, unless it is told otherwise', () => {
      expect(service.app.get(OperatorPort).address.address).toBe('127.0.0.1');
    });

    it('serves nothing that is for the public, not even a hit', async () => {
      const calls = backend.total;
      for (const path of [
        '/products?productId=whose-product',
        '/api/data/x',
        '/api/resource',
        '/',
      ]) {
        const reply = await ask(path, { headers: { 'x-request-id': 'by-hand' } });
        expect([path, reply.status, reply.text]).toEqual([path, 404, '{"error":"not found"}']);
        expect(reply.headers['x-request-id']).toBe('by-hand');
      }
      expect(backend.total).toBe(calls);
    });

    it('tells all of health, of which the public port tells states and numbers', async () => {
      const [whole, brief] = await Promise.all([ask('/health'), service.get('/health')]);
      const details = ({ text }: Reply): Record<string, object> =>
        (JSON.parse(text) as { details: Record<string, object> }).details;
      expect(details(whole)['caching']).toMatchObject({ caches: 2 });
      expect(details(brief)['caching']).toEqual({
        status: 'up',
        tiers: { memory: { status: 'up' } },
      });
      expect((await ask('/health/live')).status).toBe(200);
    });

    it('refuses what is no request', async () => {
      const client = await RawClient.open(port);
      const { status, body } = await client.send('GET /admin HTTP/1.1\r\nHost x\r\n\r\n').reply();
      expect([status, body]).toEqual([400, '{"error":"bad request"}']);
      const noHost = await RawClient.open(port);
      expect((await noHost.send('GET /admin HTTP/1.1\r\n\r\n').reply()).status).toBe(400);
      for (const each of [client, noHost]) each.close();
    });

    it('closes with the application: streams end, and nobody is waited for', async () => {
      const own = await fixtures.service(backend, { env: { ADMIN_TOKEN: TOKEN, ADMIN_PORT: '0' } });
      const { port: itsPort } = own.app.get(OperatorPort).address;
      const reader = await RawClient.open(itsPort);
      reader.send(
        `GET /admin/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
      );
      await reader.until(() => reader.text.includes('event: snapshot'), 'a snapshot');
      const idle = await RawClient.open(itsPort);
      await own.app.close();
      expect(await reader.untilEnd()).toMatch(/event: end\ndata: \{\}/);
      await expect(get(itsPort, '/admin')).rejects.toThrow(/ECONNREFUSED/);
      idle.close();
    });
  },
  describeInside,
);

describe('the settings of operators', () => {
  const start = (env: Record<string, string>) =>
    createService({ env: { PORT: '0', ...env }, logger: false });
  const taken = createServer();

  beforeAll(async () => {
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    taken.close();
  });

  it('refuse a token that can be guessed, by its name and not by what it is', async () => {
    for (const token of ['short-token', 'x'.repeat(15), 'with a space in it and long']) {
      const error = await start({ ADMIN_TOKEN: token }).catch((caught: unknown) => caught);
      expect((error as Error).message).toContain(
        'ADMIN_TOKEN is of ' + `${token.length} characters; allowed: 16 to 1024`,
      );
      expect((error as Error).message).not.toContain(token);
    }
  });

  it('name the port that is in use, once', async () => {
    const { port } = taken.address() as AddressInfo;
    const app = await start({ ADMIN_PORT: String(port) });
    await expect(app.init()).rejects.toThrow(
      `ADMIN_PORT is ${port}, which is in use; allowed: a free port`,
    );
    await app.close();
    await expect(start({ PORT: '3000', ADMIN_PORT: '3000' })).rejects.toThrow(
      'ADMIN_PORT is "3000"; allowed: another port than PORT (3000)',
    );
  });

  it('have nobody find /admin where there is no token, on either port', async () => {
    for (const env of [{}, { ADMIN_PORT: '0' }] as Record<string, string>[]) {
      const app = await start({ SHUTDOWN_DRAIN_MS: '0', ...env });
      await app.listen(0, '127.0.0.1');
      const ports = [
        (app.getHttpServer() as { address(): AddressInfo }).address().port,
        ...('ADMIN_PORT' in env ? [app.get(OperatorPort).address.port] : []),
      ];
      for (const port of ports) {
        for (const path of ['/admin', '/admin/ui', '/admin/stream']) {
          const { status, text } = await get(port, path, { headers: SHOWN });
          expect([status, text]).toEqual([404, '{"error":"not found"}']);
        }
      }
      await app.close();
    }
  });
});
