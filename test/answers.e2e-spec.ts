import { beforeEach, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../src/ground/manual-clock.js';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import type { Reply } from './support/http-client.js';
import { Fixtures, itInside, type RunningService } from './support/running-service.js';
import { RESOURCE, type Answer, type ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const SKU = 'products/1';

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';

/** Each way to a backend: the path of a request, and the key that it asks the backend for. */
const WAYS = [
  ['/products?productId=1', SKU],
  ['/api/data/1', '1'],
  ['/api/resource', RESOURCE],
] as const;

const raw = (...lines: readonly string[]): Answer => ({
  raw: `${['HTTP/1.1 200 OK', 'Content-Length: 2', 'Connection: close', ...lines].join('\r\n')}\r\n\r\nok`,
});

describeOnEach("the backend's answer", (platform) => {
  const fixtures = new Fixtures(platform);
  let clock: ManualClock;
  let backend: ScriptedBackend;
  let service: RunningService;

  const statusOf = (reply: Reply) => String(reply.headers['cache-status']);

  /** What is stale is refreshed behind the answers that it gives meanwhile. */
  async function untilFresh(): Promise<void> {
    for (let i = 0; i < 200; i += 1) {
      if (!statusOf(await service.get('/products?productId=1')).includes('stale')) return;
    }
    throw new Error('nothing has come of the refresh');
  }

  beforeEach(async () => {
    clock = new ManualClock();
    backend = await fixtures.backend();
    service = await fixtures.service(backend, {
      clock,
      env: { PRODUCT_API_BASE: `${backend.url}/backend` },
    });
  });

  it.each(WAYS)('keeps on %s what describes it or protects its reader', async (path, key) => {
    const fields = {
      ...{ 'Content-Language': 'cs', 'Content-Location': '/1', 'Accept-Ranges': 'bytes' },
      ...{ 'X-Content-Type-Options': 'nosniff', 'X-Robots-Tag': 'noindex', Sunset: 'x' },
      ...{ 'Content-Security-Policy': "default-src 'none'", 'X-Frame-Options': 'DENY' },
      ...{ 'Referrer-Policy': 'no-referrer', 'Permissions-Policy': 'camera=()' },
      ...{ 'Cross-Origin-Resource-Policy': 'same-site', 'Repr-Digest': 'sha-256=:x:' },
    };
    backend.on(key, { headers: fields });
    for (let i = 0; i < 3; i += 1) {
      const { headers } = await service.get(path);
      for (const [name, value] of Object.entries(fields)) {
        expect([name, headers[name.toLowerCase()]]).toEqual([name, value]);
      }
    }
  });

  it.each(WAYS)('is none on %s with Content-Types that differ', async (path, key) => {
    backend.on(key, raw('Content-Type: text/html', 'Content-Type: text/plain'));
    const reply = await service.get(path);
    expect([reply.status, reply.text]).toEqual([502, '{"error":"backend unavailable"}']);
  });

  it.each(WAYS)('has one Content-Type on %s where the same is said twice', async (path, key) => {
    backend.on(key, raw('Content-Type: text/html', 'Content-Type: text/html', 'Content-Type: ?'));
    const { status, headers } = await service.get(path);
    expect([status, headers['content-type']]).toEqual([200, 'text/html']);
  });

  it.each(WAYS)('may come on %s after a 100 that nobody asked for', async (path, key) => {
    backend.on(key, {
      raw: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    });
    const reply = await service.get(path);
    expect([reply.status, reply.text]).toEqual([200, 'ok']);
  });

  it('is none on a route where it is a 304 that nobody asked for', async () => {
    backend.on(SKU, { status: 304, headers: { ETag: '"1"' } });
    for (const headers of [{}, { 'If-None-Match': '"1"' }, { Cookie: 'a=b' }]) {
      const reply = await service.get('/products?productId=1', { headers });
      expect([reply.status, reply.text]).toEqual([502, '{"error":"backend unavailable"}']);
    }
  });

  it.each([
    ['Cache-Control', 'private'],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Cookie'],
    ['Set-Cookie', 'a=b'],
  ])('is judged by a %s that its connection keeps back', async (name, value) => {
    backend.on(SKU, raw(`${name}: ${value}`, `Connection: ${name}`));
    for (let i = 0; i < 2; i += 1) {
      const reply = await service.get('/products?productId=1');
      expect(statusOf(reply)).toMatch(/^breakwater; fwd=uri-miss; fwd-status=200/);
      expect(statusOf(reply)).not.toContain('stored');
      expect(reply.headers[name.toLowerCase()]).toBeUndefined();
    }
    expect(backend.calls(SKU)).toBe(2);
  });

  it('is handed on where it is a part that nobody asked for, and never kept', async () => {
    backend.on(SKU, {
      ...{ status: 206, body: 'o' },
      headers: { 'Content-Range': 'bytes 0-0/2', 'Accept-Ranges': 'bytes' },
    });
    for (let i = 0; i < 2; i += 1) {
      const { status, headers } = await service.get('/products?productId=1');
      expect([status, headers['content-range'], headers['accept-ranges']]).toEqual([
        ...[206, 'bytes 0-0/2', 'bytes'],
      ]);
      expect(String(headers['cache-status'])).not.toContain('stored');
    }
    expect(backend.calls(SKU)).toBe(2);
  });

  // Another worker may still refresh when the clock moves.
  itInside('that renews a kept one brings its fields along', async () => {
    const kept = { ETag: '"1"', 'Cache-Control': 'max-age=1', 'Content-Encoding': 'identity' };
    const news = {
      ...{ ETag: '"2"', 'Cache-Control': 'max-age=9', 'Content-Encoding': 'gzip' },
      ...{ Expires: 'later', 'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT' },
    };
    backend.on(SKU, { headers: kept, body: 'kept' }, { status: 304, headers: news });
    await service.get('/products?productId=1');
    for (const etag of ['"1"', '"2"']) {
      clock.advance(11_000);
      expect(statusOf(await service.get('/products?productId=1'))).toContain(
        'stale-while-revalidate',
      );
      await untilFresh();
      expect(backend.requests.at(-1)?.headers['if-none-match']).toBe(etag);
    }
    for (let i = 0; i < 3; i += 1) {
      const reply = await service.get('/products?productId=1');
      const { headers } = reply;
      expect([reply.status, reply.text, headers['age']]).toEqual([200, 'kept', '0']);
      for (const [name, value] of Object.entries({ ...news, 'Content-Encoding': 'identity' })) {
        expect([name, headers[name.toLowerCase()]]).toEqual([name, value]);
      }
    }
  });

  it('is as old as its backend says, and as it has taken to come', async () => {
    const hold = gate();
    backend.on(SKU, { gate: hold, headers: { Age: '3' } });
    const asked = await service.arrive('/products?productId=1');
    await backend.waitForCalls(SKU, 1);
    clock.advance(4_000);
    hold.open();
    const first = await asked.reply;
    expect([statusOf(first), first.headers['age']]).toEqual([
      ...['breakwater; fwd=uri-miss; fwd-status=200; stored', '3'],
    ]);
    for (let i = 0; i < 3; i += 1) {
      const { headers } = await service.get('/products?productId=1');
      expect(headers['age']).toBe('7');
      const [, ttl] = /hit; ttl=(\d+)$/.exec(String(headers['cache-status'])) ?? [];
      expect(Number(ttl)).toBeLessThanOrEqual(3);
    }
    clock.advance(3_000);
    expect(statusOf(await service.get('/products?productId=1'))).toContain(
      'stale-while-revalidate',
    );
  });

  it.each(WAYS.slice(1))('keeps its Age on %s', async (path, key) => {
    backend.on(key, { headers: { Age: '3' } });
    expect((await service.get(path)).headers['age']).toBe('3');
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['its tag', { ETag: '"1"' }, { 'If-None-Match': 'W/"1"' }],
    ['its weak tag, among others', { ETag: 'W/"1"' }, { 'If-None-Match': '"0", "1"' }],
    ['whatever tag', { ETag: '"1"' }, { 'If-None-Match': '*' }],
    ['its date', { 'Last-Modified': DATE }, { 'If-Modified-Since': DATE }],
  ])('is a 304 to who has it by %s, however it is served', async (_what, has, asks) => {
    backend.on(SKU, {
      headers: { ...has, 'Cache-Control': 'max-age=9', 'Content-Language': 'cs' },
    });
    const expectNotModified = async (status: RegExp, method = 'GET') => {
      const headers = asks;
      const reply = await service.get('/products?productId=1', { headers, method });
      expect([reply.status, reply.text]).toEqual([304, '']);
      for (const [name, value] of Object.entries({ ...has, 'Cache-Control': 'max-age=9' })) {
        expect(reply.headers[name.toLowerCase()]).toBe(value);
      }
      expect(statusOf(reply)).toMatch(status);
      expect(reply.headers['content-language']).toBeUndefined();
      expect(reply.headers['content-length']).toBeUndefined();
      expect(reply.headers['x-request-id']).toEqual(expect.any(String));
    };
    await expectNotModified(/fwd=uri-miss; fwd-status=200; stored$/);
    for (let i = 0; i < 3; i += 1) await expectNotModified(/hit; ttl=\d+$/);
    await expectNotModified(/hit; ttl=\d+$/, 'HEAD');
    const whole = await service.get('/products?productId=1');
    expect([whole.status, whole.headers['content-language']]).toEqual([200, 'cs']);
    clock.advance(11_000);
    await expectNotModified(/stale-while-revalidate$/);
  });

  it.each([
    { 'If-None-Match': '"2"' },
    { 'If-None-Match': '"2"', 'If-Modified-Since': DATE },
    { 'If-Modified-Since': 'Wed, 31 Dec 2025 23:59:59 GMT' },
    { 'If-Modified-Since': 'yesterday' },
  ])('is whole to who asks by %j', async (headers) => {
    backend.on(SKU, { headers: { ETag: '"1"', 'Last-Modified': DATE }, body: 'whole' });
    for (let i = 0; i < 4; i += 1) {
      const reply = await service.get('/products?productId=1', { headers });
      expect([reply.status, reply.text]).toEqual([200, 'whole']);
    }
  });

  it('is the error that it is, whatever the caller has', async () => {
    backend.on(SKU, { status: 404, headers: { ETag: '"1"' } });
    const headers = { 'If-None-Match': '"1"' };
    expect((await service.get('/products?productId=1', { headers })).status).toBe(404);
  });

  it.each(WAYS.slice(1))('is whole on %s, whatever the caller has', async (path, key) => {
    backend.on(key, { headers: { ETag: '"1"', 'Last-Modified': DATE }, body: 'whole' });
    for (const asks of [{ 'If-None-Match': '"1"' }, { 'If-Modified-Since': DATE }]) {
      const reply = await service.get(path, { headers: asks });
      expect([reply.status, reply.text]).toEqual([200, 'whole']);
    }
  });
});
