import { describe, expect, it, jest } from '@jest/globals';
import { describeOnEach } from './support/describe-on-each.js';
import { RawClient, type RawReply } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import { RESOURCE, type Answer, type ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const SKU = 'products/1';
const ORIGIN = 'https://shop.example';

/** Every byte that a field may have beyond ASCII, in an order that makes UTF-8 of neighbours as well. */
const BYTES = String.fromCharCode(...Array.from({ length: 128 }, (_, at) => 0x80 + at));
/** In UTF-8: each of its second bytes is one of those that a head is divided by, plus 0x80. */
const SPLITTING = Buffer.from('Účet č.pdf"čĊX-Split: yesčĊčĊ<b>').toString('latin1');
const VALUE = `${BYTES} ${SPLITTING}`;

/** Fields that every answer may have, however it leaves. */
const FIELDS: readonly (readonly [name: string, value: string])[] = [
  ['content-type', `text/plain; x="${VALUE}"`],
  ['content-encoding', VALUE],
  ['content-language', VALUE],
  ['content-disposition', `attachment; filename="${VALUE}`],
  ['expires', VALUE],
  ['etag', `"${VALUE}"`],
  ['last-modified', VALUE],
  ['location', VALUE],
  ['link', `<x>; title="${VALUE}"`],
  ['allow', VALUE],
  ['www-authenticate', VALUE],
];

interface Asked {
  readonly path?: string;
  readonly fields?: string;
  /** What the backend's answer says beside {@link FIELDS}. */
  readonly more?: readonly (readonly [name: string, value: string])[];
}

function answerOf(status: string, more: Asked['more'] = []): Answer {
  const fields = [...FIELDS, ...more].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `HTTP/1.1 ${status}\r\n${fields}Content-Length: 4\r\nConnection: close\r\n\r\n`;
  return { raw: Buffer.from(`${head}body`, 'latin1') };
}

async function rawly(
  service: RunningService,
  path: string,
  fields = '',
  method = 'GET',
): Promise<RawReply> {
  const client = await RawClient.open(service.port);
  client.send(
    `${method} ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${fields}\r\n`,
  );
  await client.untilEnd();
  const reply = await client.reply();
  client.close();
  return reply;
}

/** The lines of a head; none of them is divided by anything but CR LF. */
function linesOf({ head }: RawReply): string[] {
  const lines = head.split('\r\n').slice(1);
  for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
  return lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
}

function expectBytes(reply: RawReply, fields: readonly (readonly [string, string])[]): void {
  const lines = linesOf(reply);
  for (const [name, value] of fields) expect(lines).toContain(`${name}: ${value}`);
  expect(reply.headers.has('x-split')).toBe(false);
  expect(reply.body).toBe('body');
}

describeOnEach("the bytes of a backend's fields", (platform) => {
  const fixtures = new Fixtures(platform);
  let backend: ScriptedBackend;
  let service: RunningService;

  async function serve(env: Readonly<Record<string, string>> = {}): Promise<void> {
    backend = await fixtures.backend();
    service = await fixtures.service(backend, {
      env: { PRODUCT_API_BASE: `${backend.url}/backend`, ...env },
    });
  }

  describe.each([
    ['without CORS', {}, ''],
    ['with CORS', { CORS_ORIGIN: ORIGIN }, `Origin: ${ORIGIN}\r\n`],
  ])('%s', (_cors, env, origin) => {
    it('leave as they came by /products: as a miss and as each kind of hit', async () => {
      await serve(env);
      const more = [['cache-control', `x="${VALUE}"`]] as const;
      backend.on(SKU, answerOf('200 OK', more));
      const statuses: string[] = [];
      for (let i = 0; i < 4; i += 1) {
        const reply = await rawly(service, '/products?productId=1', origin);
        expectBytes(reply, [...FIELDS, ...more]);
        statuses.push(reply.headers.get('cache-status') ?? '');
      }
      expect(statuses.map((status) => status.split('; ')[1])).toEqual([
        ...['fwd=uri-miss', 'hit', 'hit', 'hit'],
      ]);
      expect(backend.calls(SKU)).toBe(1);
    });

    it('leave as they came by /products where nothing is kept', async () => {
      await serve(env);
      const more = [
        ['vary', VALUE],
        ['set-cookie', `a=${VALUE}`],
      ] as const;
      backend.on(SKU, answerOf('200 OK', more));
      for (const fields of ['', 'Cookie: a=b\r\n', 'Authorization: x\r\n']) {
        const reply = await rawly(service, '/products?productId=1', `${origin}${fields}`);
        expectBytes(reply, [...FIELDS, ...more]);
      }
    });

    it('leave as they came by /products with an error of the backend', async () => {
      await serve(env);
      const more = [['retry-after', VALUE]] as const;
      for (const status of ['404 Not Found', '403 Forbidden', '302 Found']) {
        backend.on(SKU, answerOf(status, more));
        const reply = await rawly(service, `/products?productId=1&x=${status[0] ?? ''}`, origin);
        expectBytes(reply, [...FIELDS, ...more]);
      }
    });

    it('leave as they came by /products where a stale answer stands in for an error', async () => {
      await serve({ ...env, FRESH_TTL_MS: '1', STALE_TTL_MS: '60000' });
      backend.on(SKU, answerOf('200 OK'), { status: 500 });
      for (let i = 0; i < 3; i += 1) {
        expectBytes(await rawly(service, '/products?productId=1', origin), FIELDS);
      }
    });

    it.each([
      ['/api/data/1', '1', '200 OK'],
      ['/api/data/1', '1', '404 Not Found'],
      ['/api/resource', RESOURCE, '200 OK'],
      ['/api/resource', RESOURCE, '404 Not Found'],
    ])('leave as they came by %s, for %s a %s', async (path, key, status) => {
      await serve(env);
      const more = [
        ['cache-control', `x="${VALUE}"`],
        ['vary', VALUE],
      ] as const;
      backend.on(key, answerOf(status, more));
      expectBytes(await rawly(service, path, origin), [...FIELDS, ...more]);
    });

    it('leave as they came to everybody aboard a flight', async () => {
      await serve(env);
      backend.on('1', answerOf('200 OK'));
      const replies = await Promise.all(
        Array.from({ length: 5 }, () => rawly(service, '/api/data/1', origin)),
      );
      for (const reply of replies) expectBytes(reply, FIELDS);
    });

    it('leave as they came with a large body', async () => {
      await serve(env);
      const fields = FIELDS.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const head = `HTTP/1.1 200 OK\r\n${fields}Content-Length: 100000\r\nConnection: close\r\n\r\n`;
      for (const key of [SKU, '1', RESOURCE]) {
        backend.on(key, { raw: Buffer.from(head + 'x'.repeat(100_000), 'latin1') });
      }
      for (const path of ['/products?productId=1', '/api/data/1', '/api/resource']) {
        for (let i = 0; i < 3; i += 1) {
          const reply = await rawly(service, path, origin);
          const lines = linesOf(reply);
          for (const [name, value] of FIELDS) expect(lines).toContain(`${name}: ${value}`);
          expect(reply.body).toHaveLength(100_000);
        }
      }
    });
  });
});
