import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RawClient } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const TOKEN = 'a-token-of-operators-0123456789';
const RUNS = 150;

/** What stands in the state, and in no answer to who is not let in. */
const SECRETS = /secret-key|resource|\/products|breakwater|127\.0\.0\.1|consecutive|Bearer a-token/;

const method = fc.constantFrom(
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY', 'PROPFIND', 'TRACE'],
);
const segment = fc.oneof(
  fc.constantFrom('', 'circuits', 'purge', 'explain', 'caches', 'flights', 'top', 'cluster'),
  fc.constantFrom('__proto__', 'constructor', '..', '%2e%2e', '%00', '%ZZ', 'ui%2F', ';x'),
  fc.stringMatching(/^[\w%.~-]{0,20}$/),
);
const query = fc.oneof(
  fc.constant(''),
  fc
    .array(
      fc.tuple(
        fc.constantFrom('url', 'cache', 'key', 'keyText', 'header', 'token', '__proto__'),
        fc.oneof(fc.string(), fc.constantFrom('/products?productId=7', '[1', '[["x"]]', '/%ZZ')),
      ),
      { maxLength: 5 },
    )
    .map((pairs) => `?${pairs.map(([name, v]) => `${name}=${escaped(v)}`).join('&')}`),
);
const escaped = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

const content = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .record(
      {
        all: fc.constantFrom(true, false, 1),
        tag: fc.oneof(fc.string(), fc.integer()),
        cache: fc.constantFrom('/products', 'nothing', '', 7),
        key: fc.jsonValue(),
        url: fc.constantFrom('/products?productId=7', '/api/data/x', 'x', ''),
        circuit: fc.constantFrom('resource', 'nothing', '', null),
        action: fc.constantFrom('isolate', 'release', 'explode'),
      },
      { requiredKeys: [] },
    )
    .map((order) => JSON.stringify(order)),
);

const request = fc.record({
  method,
  path: fc
    .tuple(fc.constantFrom('/admin', '/ADMIN', '/admin/'), segment)
    .map((parts) => parts.join('/')),
  query,
  content,
  type: fc.constantFrom('application/json', 'application/json; charset=x', 'text/plain', ''),
  framing: fc.constantFrom('length', 'chunked', 'none'),
});
type Fuzzed = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

/** The bytes of a request whose framing is whole. */
function bytesOf(asked: Fuzzed, authorization: string | undefined): Buffer {
  const body = Buffer.from(asked.content);
  const isChunked = asked.framing === 'chunked' && body.length > 0;
  const head = [
    `${asked.method} ${asked.path}${asked.query} HTTP/1.1`,
    'Host: x',
    'Connection: close',
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ...(asked.type === '' ? [] : [`Content-Type: ${asked.type}`]),
    ...(isChunked ? ['Transfer-Encoding: chunked'] : []),
    ...(asked.framing === 'length' ? [`Content-Length: ${body.length}`] : []),
  ].join('\r\n');
  if (asked.framing === 'none') return Buffer.from(`${head}\r\n\r\n`);
  const sent = isChunked
    ? Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ])
    : body;
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), sent]);
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

function answerOf(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) };
}

describe.each(['express', 'fastify'] as const)(
  "the operator's API, asked anything (%s)",
  (platform) => {
    const fixtures = new Fixtures(platform, 'after all tests');
    const clients: RawClient[] = [];
    let service: RunningService;

    beforeAll(async () => {
      const backend = await fixtures.backend();
      service = await fixtures.service(backend, {
        env: { ADMIN_TOKEN: TOKEN, PRODUCT_API_BASE: `${backend.url}/backend` },
      });
      backend.on('products/secret-key', { body: '{}' });
      await service.get('/products?productId=secret-key');
    });

    afterAll(() => {
      for (const client of clients) client.close();
    });

    const send = async (bytes: Buffer): Promise<Answer> => {
      const client = await RawClient.open(service.port);
      clients.push(client);
      try {
        // Until the end: to HEAD there is a length, and nothing of that length.
        return answerOf(await client.send(bytes).untilEnd());
      } finally {
        client.close();
      }
    };

    it('tells who is not let in nothing but that', async () => {
      const shown = fc.oneof(
        fc.constant(undefined),
        fc.stringMatching(/^[\x21-\x7e]{0,80}$/).map((token) => `Bearer ${token}`),
        fc.constantFrom(`Bearer ${TOKEN}x`, `Bearer ${TOKEN} x`, `bearer,${TOKEN}`, TOKEN),
      );
      await fc.assert(
        fc.asyncProperty(request, shown, async (asked, authorization) => {
          const { status, head, body } = await send(bytesOf(asked, authorization));
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
          expect(`${head.replace('realm="breakwater"', '')}${body}`).not.toMatch(SECRETS);
        }),
        { numRuns: RUNS },
      );
      expect((await service.json('/health'))['status']).toBe('ok');
    });

    it('answers who is let in by JSON, and never by a defect', async () => {
      await fc.assert(
        fc.asyncProperty(request, async (asked) => {
          const { status, head, body } = await send(bytesOf(asked, `Bearer ${TOKEN}`));
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
          if (body !== '') {
            expect(head).toMatch(/^content-type: application\/json; charset=utf-8$/im);
            const told = JSON.parse(Buffer.from(body, 'latin1').toString()) as object;
            // What is no path at all Fastify refuses by itself, and says more.
            if (status >= 400) expect(told).toHaveProperty('error');
          }
        }),
        { numRuns: RUNS },
      );
      expect((await service.json('/health'))['status']).toBe('ok');
    });
  },
);
