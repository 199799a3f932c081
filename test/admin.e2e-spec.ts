import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import type { AdminSnapshot, Explanation } from '../src/admin/index.js';
import { describeOnEach } from './support/describe-on-each.js';
import type { Reply, RequestOptions } from './support/http-client.js';
import { RawClient } from './support/raw-client.js';
import { describeInside, Fixtures, type RunningService } from './support/running-service.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const TOKEN = 'a-token-of-operators-0123456789';
const SHOWN = { authorization: `Bearer ${TOKEN}` };
const SECRET_KEY = 'whose-product';

/** What was logged, as objects; text has a `message` alone. */
class LinesLogger implements LoggerService {
  readonly lines: Record<string, unknown>[] = [];
  readonly log = (message: unknown): void => this.add(message);
  readonly warn = (message: unknown): void => this.add(message);
  readonly error = (message: unknown): void => this.add(message);
  readonly debug = (): void => undefined;

  named(event: string): Record<string, unknown>[] {
    return this.lines.filter((line) => line['event'] === event);
  }

  private add(message: unknown): void {
    this.lines.push(typeof message === 'object' ? { ...message } : { message });
  }
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- says what the JSON is
const jsonOf = <T>({ text }: Reply): T => JSON.parse(text) as T;

// What is logged, a logger in this process keeps.
describeOnEach(
  "the operator's API",
  (platform) => {
    const fixtures = new Fixtures(platform, 'after all tests');
    const logger = new LinesLogger();
    let backend: ScriptedBackend;
    let service: RunningService;

    beforeAll(async () => {
      backend = await fixtures.backend();
      service = await fixtures.service(backend, {
        logger,
        env: { ADMIN_TOKEN: TOKEN, PRODUCT_API_BASE: `${backend.url}/backend` },
      });
      backend.on(`products/${SECRET_KEY}`, { body: '{"name":"secret"}' });
      await service.get(`/products?productId=${SECRET_KEY}`);
    });

    const ask = (path: string, options: RequestOptions = {}): Promise<Reply> =>
      service.get(path, { ...options, headers: { ...SHOWN, ...options.headers } });
    const tell = (path: string, content: unknown, headers = {}): Promise<Reply> =>
      ask(path, {
        method: 'POST',
        body: typeof content === 'string' ? content : JSON.stringify(content),
        headers: { 'content-type': 'application/json', ...headers },
      });
    const snapshot = async (): Promise<AdminSnapshot> => jsonOf(await ask('/admin'));

    const PATHS = [
      ...['/admin', '/admin/stream', '/admin/circuits', '/admin/flights', '/admin/caches'],
      ...['/admin/cluster', '/admin/top', '/admin/purge', '/admin/nothing', '/ADMIN'],
      '/admin/explain?url=/products',
    ];

    describe('lets nobody in', () => {
      it.each(PATHS)('who shows no token: %s', async (path) => {
        for (const method of ['GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS']) {
          const reply = await service.get(path, { method });
          // Fastify tells capital letters from others.
          if (path === '/ADMIN' && reply.status === 404) continue;
          expect([method, reply.status]).toEqual([method, 401]);
          expect(reply.headers['www-authenticate']).toBe('Bearer realm="breakwater"');
          if (method !== 'HEAD') expect(reply.text).toBe('{"error":"a token is needed"}');
          expect(reply.headers['cache-control']).toBe('no-store');
        }
      });

      it.each([
        ...[`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN.toUpperCase()}`],
        ...['Bearer', 'Bearer ', `Basic ${TOKEN}`, TOKEN, `Bearer ${'x'.repeat(5_000)}`],
      ])('with the wrong token: %s', async (authorization) => {
        const reply = await service.get('/admin', { headers: { authorization } });
        expect(reply.status).toBe(401);
        expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
        expect(reply.text).toMatch(/^\{"error":"(?:not the token|a token is needed)"\}$/);
      });

      it('by a cookie, or by what stands in the URL', async () => {
        const cookie = await service.get('/admin', { headers: { cookie: `token=${TOKEN}` } });
        const url = await service.get(`/admin?token=${TOKEN}&access_token=${TOKEN}`);
        expect([cookie.status, url.status]).toEqual([401, 401]);
      });

      it.each([
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'http://evil.example' },
        { origin: 'null' },
      ])('on behalf of another site, with the token as well: %j', async (headers) => {
        const reply = await tell(
          '/admin/circuits',
          { circuit: 'resource', action: 'isolate' },
          headers,
        );
        expect([reply.status, reply.text]).toEqual([
          403,
          '{"error":"a request from another site"}',
        ]);
        expect((await snapshot()).circuits.list[0]?.mode).toBe('closed');
      });

      it('and says so in the log now and then, not once a request', () => {
        const refusals = logger.named('admin.refused');
        expect(refusals.length).toBeGreaterThan(0);
        expect(refusals.length).toBeLessThan(5);
        expect(JSON.stringify(refusals)).not.toContain(TOKEN.slice(1));
      });
    });

    it('lets in the page of its own origin, and programs', async () => {
      const host = `127.0.0.1:${service.port}`;
      const own = await ask('/admin', { headers: { origin: `http://${host}`, host } });
      const page = await ask('/admin', { headers: { 'sec-fetch-site': 'same-origin' } });
      expect([own.status, page.status]).toEqual([200, 200]);
    });

    it('shows everything at a glance', async () => {
      const {
        process: of,
        traffic,
        circuits,
        caching,
        coalescers,
        cluster,
        top,
      } = await snapshot();
      expect(of).toMatchObject({ name: 'breakwater', pid: process.pid, node: process.version });
      expect(of.version).toMatch(/^\d/);
      expect(traffic.history.requests).toHaveLength(60);
      expect(circuits.list).toMatchObject([{ name: 'resource', state: 'closed', mode: 'closed' }]);
      expect(circuits.list[0]?.why).toMatch(/^Closed: /);
      expect(caching?.caches.list).toMatchObject([
        { name: '/products', entries: 1 },
        { name: 'default', entries: 0 },
      ]);
      expect(caching?.tiers).toMatchObject([{ name: 'memory', status: 'up', entries: 1 }]);
      expect(coalescers.list.map(({ name }) => name)).toContain('data');
      expect(cluster).toBeUndefined();
      expect(top.keys).toContainEqual(
        expect.objectContaining({ kind: 'cache', name: '/products', count: 1, error: 0 }),
      );
      expect(JSON.stringify(top.keys)).toContain(SECRET_KEY);
    });

    it('counts what was asked for, what it has cost, and what was saved', async () => {
      const before = (await snapshot()).traffic.totals;
      for (let i = 0; i < 5; i++) await service.get(`/products?productId=${SECRET_KEY}`);
      const { totals } = (await snapshot()).traffic;
      expect(totals.saved - before.saved).toBe(5);
      expect(totals.backendCalls).toBe(before.backendCalls);
      expect(totals.requests - before.requests).toBe(5);
    });

    it('shows the flights under way, with their keys', async () => {
      backend.on('hangs', { hang: true });
      const pending = await service.burst(3, () => '/api/data/hangs');
      const { coalescers } = await snapshot();
      expect(coalescers.list[0]).toMatchObject({ name: 'data', flights: 1, joiners: 2 });
      expect(coalescers.list[0]?.oldest).toMatchObject([{ key: 'hangs', joiners: 2 }]);
      const { outcome } = jsonOf<Explanation>(await ask('/admin/explain?url=/api/data/hangs'));
      expect(outcome).toBe('It joins the flight under way.');
      for (const caller of pending) caller.leave();
      await backend.waitForAborted('hangs', 1);
    });

    it('isolates a circuit, forces it closed, and releases it', async () => {
      const order = (action: string): Promise<Reply> =>
        tell(
          '/admin/circuits',
          { circuit: 'resource', action },
          { 'x-actor': 'Ann\u00e9\t <a@b>', 'x-request-id': 'by-hand' },
        );
      backend.on(RESOURCE, { body: 'fine' });
      expect(jsonOf(await order('isolate'))).toMatchObject({ mode: 'isolated', state: 'open' });
      expect((await service.get('/api/resource')).status).toBe(503);
      expect(jsonOf<AdminSnapshot>(await ask('/admin')).circuits.list[0]?.why).toMatch(
        /^Isolated by hand/,
      );
      expect(jsonOf(await order('force-closed'))).toMatchObject({ mode: 'forced-closed' });
      expect((await service.get('/api/resource')).status).toBe(200);
      expect(jsonOf(await order('release'))).toMatchObject({ mode: 'closed' });
      const actor = { remote: '127.0.0.1', requestId: 'by-hand', name: 'Ann <a@b>' };
      for (const action of ['isolate', 'force-closed', 'release']) {
        expect(logger.named(`admin.${action}`)).toMatchObject([{ circuit: 'resource', actor }]);
      }
    });

    it('says why a circuit is open, and when the next probe is due', async () => {
      backend.on(RESOURCE, { status: 500 });
      for (let i = 0; i < 4; i++) await service.get('/api/resource');
      const [circuit] = (await snapshot()).circuits.list;
      expect(circuit).toMatchObject({ state: 'open', nextProbeInMs: expect.any(Number) });
      expect(circuit?.why).toMatch(
        /^Open for \d+ m?s: 3 of 3 consecutive failures\. A probe is due in [\d.]+ s\. The last failure was an answer by 5xx/,
      );
      const { outcome } = jsonOf<Explanation>(await ask('/admin/explain?url=/api/resource'));
      expect(outcome).toMatch(/^It calls the backend\. The circuit refuses the call: Open for/);
      await tell('/admin/circuits', { circuit: 'resource', action: 'force-closed' });
      await tell('/admin/circuits', { circuit: 'resource', action: 'release' });
    });

    describe('explains', () => {
      it('which route, key and backend a request has, and what would become of it', async () => {
        const url = encodeURIComponent(`/products?productId=${SECRET_KEY}`);
        const explained = jsonOf<Record<string, unknown>>(await ask(`/admin/explain?url=${url}`));
        expect(explained).toMatchObject({
          outcome: 'It is answered from a tier.',
          route: '/products',
          cache: '/products',
          params: { productId: SECRET_KEY },
          backend: `${backend.url}/backend/products/${SECRET_KEY}`,
          key: { next: 'hit', held: [{ tier: 'memory', state: 'fresh' }] },
        });
        const cookie = `/admin/explain?url=${url}&header=Cookie:%20a=b`;
        expect(jsonOf(await ask(cookie))).toMatchObject({ outcome: 'It calls the backend.' });
      });

      it('a key by its text', async () => {
        const [hot] = (await snapshot()).top.keys.filter(({ kind }) => kind === 'cache');
        const keyText = encodeURIComponent(hot?.key ?? '');
        const reply = await ask(`/admin/explain?cache=%2Fproducts&keyText=${keyText}`);
        expect(jsonOf(reply)).toMatchObject({ key: { next: 'hit' } });
        const parts = await ask(
          `/admin/explain?cache=%2Fproducts&key=${encodeURIComponent('["x"]')}`,
        );
        expect(jsonOf(parts)).toMatchObject({ key: { next: 'calls the backend' } });
      });

      it.each([
        ['?url=/nothing', 404],
        ['?cache=nothing&key=k', 404],
        ['?cache=%2Fproducts&key=[1', 400],
        ['', 400],
        ['?url=/products&header=no', 400],
        ['?url=', 400],
        ['?url=/api/data/%25ZZ', 200],
      ])('nothing else: %s is %s', async (query, status) => {
        const reply = await ask(`/admin/explain${query}`);
        expect([reply.status, reply.headers['content-type']]).toEqual([
          status,
          'application/json; charset=utf-8',
        ]);
        if (status >= 400) expect(jsonOf(reply)).toEqual({ error: expect.any(String) });
      });
    });

    describe('purges', () => {
      const fill = async (): Promise<void> => {
        await service.get(`/products?productId=${SECRET_KEY}`);
        expect((await snapshot()).caching?.caches.list[0]?.entries).toBe(1);
      };

      it.each([
        ['a URL', { url: `/products?productId=${SECRET_KEY}` }, 'purge-key'],
        ['a tag', { tag: `coalescer:/products:${SECRET_KEY}` }, 'purge-tag'],
        ['a cache', { cache: '/products' }, 'purge-cache'],
        ['everything', { all: true }, 'purge-all'],
      ])('%s', async (_, order, event) => {
        await fill();
        const calls = backend.calls(`products/${SECRET_KEY}`);
        const reply = await tell('/admin/purge', order);
        expect([reply.status, jsonOf<{ everywhere: boolean }>(reply).everywhere]).toEqual([
          200,
          true,
        ]);
        await service.get(`/products?productId=${SECRET_KEY}`);
        expect(backend.calls(`products/${SECRET_KEY}`)).toBe(calls + 1);
        expect(logger.named(`admin.${event}`)).toHaveLength(1);
      });

      it('a key by the text that is shown of it', async () => {
        await fill();
        const keyText = (await snapshot()).top.keys.find(({ kind }) => kind === 'cache')?.key;
        const reply = await tell('/admin/purge', { cache: '/products', keyText });
        expect(jsonOf(reply)).toMatchObject({
          purged: { kind: 'key', key: keyText },
          everywhere: true,
        });
        expect((await snapshot()).caching?.caches.list[0]?.entries).toBe(0);
      });

      it('a key by its parts', async () => {
        const reply = await tell('/admin/purge', { cache: '/products', key: ['x', null, 7] });
        expect(jsonOf(reply)).toMatchObject({ purged: { key: '["x",null,7]' } });
      });
    });

    describe('refuses in JSON', () => {
      it.each([
        ['/admin/nothing', 'GET', 404, undefined],
        ['/admin/constructor', 'GET', 404, undefined],
        ['/admin/__proto__', 'POST', 404, undefined],
        ['/admin', 'POST', 405, 'GET, HEAD'],
        ['/admin/purge', 'GET', 405, 'POST'],
        ['/admin/circuits', 'DELETE', 405, 'GET, HEAD, POST'],
        ['/admin/cluster', 'GET', 404, undefined],
      ])('%s by %s is %s', async (path, method, status, allow) => {
        const reply = await ask(path, { method });
        expect([reply.status, reply.headers.allow]).toEqual([status, allow]);
        expect(jsonOf(reply)).toEqual({ error: expect.any(String) });
      });

      it.each([
        ['', 400],
        ['{', 400],
        ['[]', 400],
        ['"text"', 400],
        ['null', 400],
        ['{}', 400],
        ['{"all":false}', 400],
        ['{"all":true,"tag":"x"}', 400],
        ['{"tag":""}', 400],
        ['{"tag":7}', 400],
        ['{"__proto__":{"all":true}}', 400],
        ['{"cache":"/products","key":{}}', 400],
        ['{"cache":"nothing"}', 404],
        ['{"url":"/api/data/x"}', 404],
        [`{"tag":"${'x'.repeat(9_000)}"}`, 400],
        [`{"tag":"${'x'.repeat(17_000)}"}`, 413],
      ])('the body %.30s with %s', async (body, status) => {
        const reply = await tell('/admin/purge', body);
        expect(reply.status).toBe(status);
        expect(jsonOf(reply)).toEqual({ error: expect.any(String) });
      });

      it('what is no JSON by its name', async () => {
        const reply = await tell('/admin/purge', 'all=true', {
          'content-type': 'application/x-www-form-urlencoded',
        });
        expect(reply.status).toBe(415);
      });

      it.each([
        [{ circuit: 'nothing', action: 'isolate' }, 404],
        [{ circuit: 'resource', action: 'explode' }, 400],
        [{ circuit: 'resource' }, 400],
        [{ action: 'isolate' }, 400],
        [{ circuit: 'resource', action: 'isolate', more: 1 }, 400],
      ])('the order %j with %s', async (order, status) => {
        expect((await tell('/admin/circuits', order)).status).toBe(status);
      });

      const manyChunks = async (): Promise<void> => {
        const client = await RawClient.open(service.port);
        client.send(
          `POST /admin/purge HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n` +
            'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        );
        for (let i = 0; i < 20; i++) client.send(`400\r\n${'x'.repeat(1_024)}\r\n`);
        const { status, headers, body } = await client.reply();
        expect([status, headers.get('connection')]).toEqual([413, 'close']);
        expect(JSON.parse(body)).toEqual({ error: expect.any(String) });
        client.close();
      };
      // Fastify reads bodies of JSON by itself, within bounds of its own.
      if (platform !== 'fastify') it('a body in chunks that are too many', manyChunks);
    });

    it('has a page that needs no token, since there is no state in it', async () => {
      const { status, headers, text } = await service.get('/admin/ui');
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(text).not.toMatch(/whose-product|resource|127\.0\.0\.1/);
      expect((await service.get('/admin/ui', { method: 'POST' })).status).toBe(401);
    });

    describe('streams', () => {
      const open = async (): Promise<RawClient> => {
        const client = await RawClient.open(service.port);
        return client.send(
          `GET /admin/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
        );
      };
      const received = (client: RawClient, count: number): Promise<void> =>
        client.until(
          () => client.text.split('event: snapshot').length > count,
          `${count} snapshots`,
        );

      it('a snapshot at once and then each second, for as many as it may have', async () => {
        const clients = await Promise.all(Array.from({ length: 16 }, open));
        await Promise.all(clients.map((client) => received(client, 1)));
        const tooMany = await ask('/admin/stream');
        expect([tooMany.status, tooMany.headers['retry-after']]).toEqual([503, '5']);
        const [first] = clients as [RawClient];
        await received(first, 2);
        expect(first.text).toMatch(/^HTTP\/1\.1 200 .*content-type: text\/event-stream/is);
        const [data] = /(?<=event: snapshot\ndata: )\{.*\}(?=\n\n)/.exec(first.text) ?? [];
        expect(JSON.parse(data ?? '')).toMatchObject({ process: { name: 'breakwater' } });
        for (const client of clients) client.close();
      });

      it('nothing to HEAD', async () => {
        const reply = await ask('/admin/stream', { method: 'HEAD' });
        expect([reply.status, reply.text]).toEqual([200, '']);
      });
    });
  },
  describeInside,
);
