import type { Server } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { RequestLine } from '../src/service/log/index.js';
import { describeOnEach } from './support/describe-on-each.js';
import { expectJsonError } from './support/errors.js';
import { gate } from './support/gate.js';
import type { Reply } from './support/http-client.js';
import { RawClient, type RawReply } from './support/raw-client.js';
import { Fixtures, itInside, type RunningService } from './support/running-service.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const CRLF = '\r\n';
const HEADERS_TIMEOUT_MS = 300;
/** As many fields as Node would count, and more. */
const FILLING = Array<string>(4_000).fill('a:');

/** A request of these lines, complete with the empty one. */
const request = (...lines: string[]): string => [...lines, '', ''].join(CRLF);

const asReply = ({ status, headers, body }: RawReply): Parameters<typeof expectJsonError>[0] => ({
  status,
  headers: Object.fromEntries(headers),
  text: body,
});

describeOnEach('a hostile client', (platform) => {
  const fixtures = new Fixtures(platform, 'after all tests');
  const clients: RawClient[] = [];
  let backend: ScriptedBackend;
  let service: RunningService;
  let key: string;
  let tests = 0;

  const open = async (): Promise<RawClient> => {
    const client = await RawClient.open(service.port);
    clients.push(client);
    return client;
  };
  const expectAlive = async (): Promise<void> => {
    const reply = await service.get(`/api/data/alive-${String(tests)}`);
    expect(reply.status).toBe(200);
  };

  beforeAll(async () => {
    backend = await fixtures.backend();
    service = await fixtures.service(backend, {
      env: {
        HEADERS_TIMEOUT_MS: String(HEADERS_TIMEOUT_MS),
        REQUEST_TIMEOUT_MS: '600',
        CIRCUIT_FAILURE_THRESHOLD: '1',
        // Longer than a busy machine takes for any call: who waits here waits for a barrier.
        BACKEND_TIMEOUT_MS: '60000',
      },
    });
  });
  beforeEach(() => {
    key = `key-${String((tests += 1))}`;
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  describe('that sends what is no request gets 400 in JSON and is cut off', () => {
    const get = 'GET /api/data/smuggled HTTP/1.1';
    const post = 'POST /api/data/smuggled HTTP/1.1';
    const host = 'Host: x';
    it.each<[string, string | Buffer]>([
      ['words', request('this is no request')],
      ['bytes', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
      ['an empty method', request(' / HTTP/1.1', host)],
      ['an unknown method', request('BREAK /api/data/smuggled HTTP/1.1', host)],
      ['a method in lower case', request('get /api/data/smuggled HTTP/1.1', host)],
      ['a huge method', request(`${'A'.repeat(20_000)} / HTTP/1.1`, host)],
      ['no target', request('GET HTTP/1.1', host)],
      ['a target with a space', request('GET /api/data/a b HTTP/1.1', host)],
      ['a target with NUL', request('GET /api/data/a\u0000b HTTP/1.1', host)],
      ['a target without slash', request('GET api/data/smuggled HTTP/1.1', host)],
      ['an unknown version', request('GET /api/data/smuggled HTTP/9.9', host)],
      ['another protocol', request('GET /api/data/smuggled GOPHER/1.0', host)],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['no Host', request(get)],
      ['two Hosts', request(get, host, host)],
      ['two Hosts, with a request behind it', request(get, host, host) + request(get, host)],
      ['two Hosts of which one is empty', request(get, 'Host:', 'HOST: x')],
      ['two Hosts, in HTTP/1.0', request('GET /api/data/smuggled HTTP/1.0', host, host)],
      ...[
        ...[
          'a b',
          'a/../',
          'a@b',
          'b/',
          'http://x',
          'a?b',
          'a#b',
          'a\\b',
          '"a"',
          '<a>',
          'a:b',
          'a:1:2',
        ],
        ...['[::1', '[::g]', '[a]', '%zz', 'a%', 'a\tb', 'gr\u00fcn', 'a b/../@', '{a}', 'a|b'],
      ].map((name): [string, string] => [`a Host of ${name}`, request(get, `Host: ${name}`)]),
      ['a header without colon', request(get, host, 'nonsense')],
      ['a header name with a space', request(get, host, 'Bad Name: x')],
      ['a space before the colon', request(get, host, 'Transfer-Encoding : chunked')],
      ['a header without name', request(get, host, ': x')],
      ['a header with NUL', request(get, host, 'X-Nul: a\u0000b')],
      ['a folded first header', request(get, ' folded: x', host)],
      ['two Content-Lengths', request(post, host, 'Content-Length: 0', 'Content-Length: 5')],
      ['a negative Content-Length', request(post, host, 'Content-Length: -1')],
      ['a signed Content-Length', request(post, host, 'Content-Length: +5')],
      ['a list of Content-Lengths', request(post, host, 'Content-Length: 5, 5')],
      ['an endless Content-Length', request(post, host, `Content-Length: ${'9'.repeat(40)}`)],
      [
        'Content-Length and Transfer-Encoding',
        request(post, host, 'Content-Length: 4', 'Transfer-Encoding: chunked') +
          request('0', '', get),
      ],
      ...[
        ...['chunked, identity', 'gzip', 'identity', 'xchunked', 'chunked, gzip', 'chunkedx', ''],
        ...['chunked, chunked', 'chunked;q=1', 'chunked,', '"chunked"'],
      ].map((encoding): [string, string] => [
        `a Transfer-Encoding of ${JSON.stringify(encoding)}`,
        request(post, host, `Transfer-Encoding: ${encoding}`) + request('0', '', get, host),
      ]),
      [
        'a Transfer-Encoding in two lines, the last of which is not chunked',
        request(post, host, 'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip') +
          request('0', '', get, host),
      ],
      [
        'a Transfer-Encoding in HTTP/1.0',
        request(
          'GET /health HTTP/1.0',
          ...[host, 'Connection: keep-alive', 'Transfer-Encoding: chunked'],
        ) + request('0', '', get, host),
      ],
      [
        'Transfer-Encoding and Content-Length',
        request(post, host, 'Transfer-Encoding: chunked', 'Content-Length: 4') +
          request('0', '', get, host),
      ],
      ['a URL that is none', request('GET http://[/api/data/smuggled HTTP/1.1', host)],
      ['a URL with a port that is none', request('GET http://x:99999/health HTTP/1.1', host)],
      ['a fragment', request('GET /api/data/smuggled#part HTTP/1.1', host)],
      ['a fragment behind a query', request('GET /products?productId=1#x HTTP/1.1', host)],
    ])('%s', async (_, bytes) => {
      const client = await open();
      const before = backend.calls('smuggled');
      client.send(bytes);
      const refusal = asReply(await client.reply());
      expectJsonError(refusal, 400);
      expect(refusal.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
      await client.untilEnd();
      expect(await client.replies(2)).toHaveLength(1);
      expect(backend.calls('smuggled')).toBe(before);
      await expectAlive();
    });
  });

  describe('that sends too much', () => {
    it.each([
      ['a header', request('GET /health HTTP/1.1', 'Host: x', `X-Big: ${'x'.repeat(300_000)}`)],
      ['a target', request(`GET /${'x'.repeat(300_000)} HTTP/1.1`, 'Host: x')],
      [
        'many headers',
        request(
          'GET /health HTTP/1.1',
          'Host: x',
          ...Array<string>(20_000).fill('X-Many: 12345678'),
        ),
      ],
    ])('gets 431 in JSON and is cut off: %s', async (_, bytes) => {
      const client = await open();
      client.send(bytes);
      expectJsonError(asReply(await client.reply()), 431);
      await client.untilEnd();
      await expectAlive();
    });

    it('is known by what comes behind thousands of fields', async () => {
      const behind = (field: string) =>
        request('GET /products?productId=1 HTTP/1.1', 'Host: x', ...FILLING, field);
      const replyTo = async (bytes: string) => {
        const client = await open();
        client.send(bytes);
        return asReply(await client.reply());
      };
      await replyTo(behind('X-Nobody: x'));
      expect((await replyTo(behind('X-Nobody: x'))).headers['cache-status']).toMatch('; hit');
      for (const personal of ['Cookie: a=b', 'Authorization: b']) {
        const { headers } = await replyTo(behind(personal));
        expect(headers['cache-status']).toMatch('fwd=bypass');
      }
      expectJsonError(await replyTo(behind('Host: y')), 400);
    });

    it.each([
      ['parameters of one name, 40 KB', `/products?productId=1&${'a&'.repeat(20_000)}`, 400],
      ['parameters of one name, 80 KB', `/products?productId=1&${'a&'.repeat(40_000)}`, 400],
      ['ids', `/products?${'productId=1&'.repeat(7_000)}`, 400],
      [
        'parameters',
        `/products?productId=1${Array.from({ length: 9_000 }, (_, i) => `&p${i}=`).join('')}`,
        400,
      ],
      ['separators', `/products?productId=1${'&'.repeat(80_000)}`, 200],
      ['fields in one', `/products?productId=1&fields=${'a,'.repeat(40_000)}`, 200],
      ['spaces', `/products?productId=1&fields=a${'%20'.repeat(3_000)}b`, 200],
      ['slashes', `/api/data/${'/'.repeat(80_000)}`, 404],
      ['parameters that nobody reads', `/api/data/x?${'a&'.repeat(40_000)}`, 200],
      ['parameters of nothing', `/nowhere?${'a&'.repeat(40_000)}`, 404],
    ])('gets its answer at once, as others do: %s', async (_, target, status) => {
      const startedAt = performance.now();
      const reply = await service.get(target);
      if (status === 200) expect(reply.status).toBe(200);
      else expectJsonError(reply, status);
      await expectAlive();
      // What grows with the square of the length takes a minute.
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    });

    it('is answered before it has sent its body, which nobody buffers', async () => {
      const tenMegabytes = 10 * 2 ** 20;
      for (const framing of [
        `Content-Length: ${String(tenMegabytes)}`,
        'Transfer-Encoding: chunked',
      ]) {
        for (const target of ['/api/data/x', '/api/resource', '/health', '/nowhere']) {
          const client = await open();
          client.send(request(`POST ${target} HTTP/1.1`, 'Host: x', framing));
          expectJsonError(asReply(await client.reply()), [404, 405, 413]);
        }
      }
      await expectAlive();
    });

    it('and goes on sending does no harm', async () => {
      const body = Buffer.alloc(10 * 2 ** 20, 'x');
      const client = await open();
      client.send(
        request('POST /api/data/x HTTP/1.1', 'Host: x', `Content-Length: ${String(body.length)}`),
      );
      client.send(body);
      expectJsonError(asReply(await client.reply()), [404, 405, 413]);
      await expectAlive();
    });

    it('and breaks off in the middle does no harm', async () => {
      for (const target of ['/api/data/x', '/api/resource', '/nowhere']) {
        const client = await open();
        client.send(request(`POST ${target} HTTP/1.1`, 'Host: x', 'Content-Length: 100000'));
        client.send('half');
        client.socket.resetAndDestroy();
      }
      await expectAlive();
    });
  });

  describe('that is slow', () => {
    const head = `GET /api/data/x HTTP/1.1${CRLF}Host: x${CRLF}X-A: `;

    it('is cut off while others are served: silent, half-way through, or dripping', async () => {
      const silent = await open();
      const inTheLine = await open();
      const inTheHead = await open();
      const dripping = await open();
      inTheLine.send('GET /api/da');
      inTheHead.send(head);
      dripping.send(head);
      const drip = setInterval(() => dripping.send('a'), 50);
      try {
        await expectAlive();
        for (const client of [silent, inTheLine, inTheHead, dripping]) {
          expect(client.isEnded).toBe(false);
        }
        for (const client of [inTheLine, inTheHead, dripping]) {
          expectJsonError(asReply(await client.reply(HEADERS_TIMEOUT_MS + 5_000)), 408);
          await client.untilEnd();
        }
        await silent.untilEnd();
      } finally {
        clearInterval(drip);
      }
    });

    it.each([
      ['GET', 200],
      ['POST', 405],
    ])('with its body is cut off too, after its one answer: %s', async (method, status) => {
      const client = await open();
      const line = `${method} /api/data/x HTTP/1.1`;
      client.send(request(line, 'Host: x', 'Content-Length: 1000') + 'half');
      await client.untilEnd();
      expect((await client.replies(2)).map((reply) => reply.status)).toEqual([status]);
    });

    it('with its body, which then is none, has one answer', async () => {
      const client = await open();
      client.send(request('POST /api/data/x HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked'));
      await client.reply();
      client.send('nonsense\r\n');
      await client.untilEnd();
      expect(await client.replies(2)).toHaveLength(1);
    });

    it('takes no place from others, 300 of its kind at once', async () => {
      const slow = await Promise.all(Array.from({ length: 300 }, open));
      for (const client of slow) client.send(head);
      await expectAlive();
      await Promise.all(slow.map((client) => client.untilEnd()));
      await expectAlive();
    });
  });

  describe('that does not read', () => {
    itInside(
      'is cut off when it has read nothing for WRITE_TIMEOUT_MS, and one that reads is not',
      async () => {
        const impatient = await fixtures.service(backend, {
          env: { WRITE_TIMEOUT_MS: '2500', PRODUCT_API_BASE: `${backend.url}/backend` },
        });
        const body = Buffer.alloc(16 * 2 ** 20, 'x');
        backend.on(key, { body }).on(`products/${key}`, { body });
        const targets = [`/api/data/${key}`, `/products?productId=${key}`];
        const readsNoMore = async (target: string): Promise<void> => {
          const client = await RawClient.open(impatient.port);
          clients.push(client);
          client.socket.once('data', () => client.socket.pause());
          client.send(request(`GET ${target} HTTP/1.1`, 'Host: x'));
          await new Promise((resolve) => client.socket.once('data', resolve));
        };
        // From the backend; then, where it is kept, from memory.
        for (const asked of [targets, targets]) {
          await Promise.all(asked.map(readsNoMore));
          const reading = await impatient.get(`/api/data/${key}`);
          expect(reading.body.length).toBe(body.length);
          await new Promise((resolve) => {
            const server = impatient.app.getHttpServer() as Server;
            const look = setInterval(() => {
              server.getConnections((_error, count) => {
                if (count > 0) return;
                clearInterval(look);
                resolve(undefined);
              });
            }, 50);
          });
        }
      },
    );
  });

  describe('that does not read, again and again', () => {
    it('is refused by 503 where answers on their way leave no room, and no circuit opens', async () => {
      const bound = await fixtures.service(backend, {
        env: {
          ...{ BACKEND_MAX_BODY_BYTES: '16777216', INFLIGHT_MAX_BYTES: '33554432' },
          ...{ CIRCUIT_FAILURE_THRESHOLD: '1', PRODUCT_API_BASE: `${backend.url}/backend` },
        },
      });
      const body = Buffer.alloc(16 * 2 ** 20, 'x');
      const holding: RawClient[] = [];
      for (const at of [1, 2]) {
        backend.on(`${key}-${String(at)}`, { body });
        const client = await RawClient.open(bound.port);
        clients.push(client);
        holding.push(client);
        client.socket.once('data', () => client.socket.pause());
        client.send(request(`GET /api/data/${key}-${String(at)} HTTP/1.1`, 'Host: x'));
        await new Promise((resolve) => client.socket.once('data', resolve));
      }
      const [declared, chunked] = [{ body }, { body, chunked: true }];
      for (const answer of [declared, chunked]) {
        backend.on(key, answer).on(`products/${key}`, answer).on(RESOURCE, answer);
        for (const target of [`/api/data/${key}`, `/products?productId=${key}`, '/api/resource']) {
          const reply = await bound.get(target);
          expectJsonError(reply, 503);
          expect(reply.text).toBe('{"error":"overloaded"}');
          // There it is the circuit's alone.
          const isCircuit = target === '/api/resource';
          expect(reply.headers['retry-after']).toBe(isCircuit ? undefined : '1');
          expect(reply.headers['x-circuit-state']).toBe(isCircuit ? 'closed' : undefined);
        }
      }
      backend.on(`${key}-small`, { body: 'x' });
      expect((await bound.get(`/api/data/${key}-small`)).status).toBe(200);
      for (const client of holding) client.close();
      backend.on(RESOURCE, { body: 'x' });
      expect((await bound.get('/api/resource')).status).toBe(200);
      let reply = await bound.get(`/api/data/${key}`);
      for (let i = 0; i < 100 && reply.status !== 200; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        reply = await bound.get(`/api/data/${key}`);
      }
      expect(reply.body.length).toBe(body.length);
    });
  });

  describe('that sends requests without waiting for answers', () => {
    /** The first in line, and those behind it. */
    const atOnce = 1 + 64;
    const many = 500;
    const pipeline = (targetOf: (at: number) => string, fields: readonly string[] = []): string =>
      Array.from({ length: many }, (_, at) =>
        request(`GET ${targetOf(at)} HTTP/1.1`, 'Host: x', ...fields),
      ).join('');

    it.each<[string, string]>([
      ['each of another key', '/api/data/'],
      ['each of its own by a cookie', '/products?productId='],
    ])('makes 64 calls at once behind the first: %s', async (_, path) => {
      const opens = gate();
      const script = path === '/api/data/' ? '' : '/products/';
      for (let at = 0; at < many; at += 1) {
        backend.on(`${script}${key}-${String(at)}`, { body: 'x', gate: opens });
      }
      const before = backend.total;
      const client = await open();
      client.send(pipeline((at) => `${path}${key}-${String(at)}`, ['Cookie: a=b']));
      await backend.waitForTotal(before + atOnce);
      // Others are served, turn by turn.
      for (let i = 0; i < 20; i += 1) expect((await service.get('/health/live')).status).toBe(200);
      expect(backend.total - before).toBe(atOnce);
      opens.open();
      const replies = await client.replies(many, 50_000);
      expect(replies).toHaveLength(many);
      expect(new Set(replies.map(({ body }) => body))).toEqual(new Set(['x']));
    });

    it('has all of its hits', async () => {
      backend.on(`/products/${key}`, { body: 'x' });
      const target = `/products?productId=${key}`;
      await service.get(target);
      const client = await open();
      client.send(pipeline(() => target));
      const replies = await client.replies(many, 50_000);
      expect(replies).toHaveLength(many);
      expect(new Set(replies.map(({ status, body }) => `${String(status)} ${body}`))).toEqual(
        new Set(['200 x']),
      );
    });
  });

  describe('that leaves early', () => {
    it.each(['/api/data/leaves', '/api/resource', '/health', '/nowhere', '/api/data/%ZZ'])(
      'does no harm: %s',
      async (target) => {
        for (let i = 0; i < 20; i += 1) {
          const client = await open();
          client.send(request(`GET ${target} HTTP/1.1`, 'Host: x'));
          if (i % 2 === 0) client.socket.resetAndDestroy();
          else client.close();
        }
        await expectAlive();
      },
    );

    it('in the middle of a big answer does no harm', async () => {
      backend.on(key, { body: Buffer.alloc(8 * 2 ** 20, 'x') });
      for (let i = 0; i < 5; i += 1) {
        const client = await open();
        client.send(request(`GET /api/data/${key} HTTP/1.1`, 'Host: x'));
        await new Promise((resolve) => client.socket.once('data', resolve));
        client.socket.resetAndDestroy();
      }
      await expectAlive();
    });
  });

  describe('that is merely unusual is served or refused, never forwarded elsewhere', () => {
    it('with a target in absolute form', async () => {
      const client = await open();
      client.send(
        request(`GET http://evil.example/api/data/${key} HTTP/1.1`, 'Host: evil.example'),
      );
      expect([200, 400, 404]).toContain((await client.reply()).status);
      const seen = backend.requests.at(-1);
      if (seen?.key === key) {
        expect(seen.url).toBe(`/backend/${key}`);
        expect(seen.headers.host).toBe(`127.0.0.1:${String(backend.port)}`);
      }
      await expectAlive();
    });

    it('with CONNECT, which opens no tunnel', async () => {
      const client = await open();
      client.send(request(`CONNECT 127.0.0.1:${String(backend.port)} HTTP/1.1`, 'Host: x'));
      client.send(request('GET /backend/tunnelled HTTP/1.1', 'Host: x'));
      const refusal = asReply(await client.reply());
      expectJsonError(refusal, 405);
      expect(refusal.headers['allow']).toBe('GET, HEAD');
      expect(refusal.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
      await client.untilEnd();
      expect(backend.calls('tunnelled')).toBe(0);
      await expectAlive();
    });

    it('with OPTIONS *', async () => {
      const client = await open();
      client.send(request('OPTIONS * HTTP/1.1', 'Host: x'));
      expectJsonError(asReply(await client.reply()), [400, 404, 405]);
      await expectAlive();
    });

    it.each(['/api/data/x', '/api/resource', '/products?productId=1', '/health', '/health/live'])(
      'with OPTIONS %s, of which it learns what is allowed',
      async (target) => {
        const before = backend.total;
        const reply = await service.get(target, { method: 'OPTIONS' });
        expectJsonError(reply, 405);
        expect(reply.headers['allow']).toBe('GET, HEAD');
        expect(backend.total).toBe(before);
      },
    );

    it('with a wish to upgrade, which is not granted', async () => {
      const client = await open();
      client.send(
        request(
          `GET /api/data/${key} HTTP/1.1`,
          ...['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
        ),
      );
      expect((await client.reply()).status).not.toBe(101);
      await expectAlive();
    });

    it('with an expectation that nobody meets', async () => {
      const reply = await service.get(`/api/data/${key}`, { headers: { expect: 'a-miracle' } });
      if (reply.status !== 200) expectJsonError(reply, [400, 417]);
      await expectAlive();
    });

    it('with raw bytes beyond ASCII in its key', async () => {
      const client = await open();
      client.send(
        Buffer.from(request('GET /api/data/gr\u00fc\u00dfe HTTP/1.1', 'Host: x'), 'latin1'),
      );
      const before = backend.total;
      expect([200, 400]).toContain((await client.reply()).status);
      if (backend.total > before) {
        expect(backend.requests.at(-1)?.url).toMatch(/^\/backend\/[\w%]+$/);
      }
      await expectAlive();
    });

    it('with an unknown Transfer-Encoding, behind which no request is found', async () => {
      const client = await open();
      const before = backend.calls('smuggled');
      client.send(
        request(`POST /api/data/${key} HTTP/1.1`, 'Host: x', 'Transfer-Encoding: xchunked') +
          request('0', '', 'GET /api/data/smuggled HTTP/1.1', 'Host: x'),
      );
      expectJsonError(asReply(await client.reply()), [400, 404, 405, 501]);
      await client.untilEnd();
      expect(backend.calls('smuggled')).toBe(before);
      await expectAlive();
    });

    it.each(['a.example', 'a_b:80', '[::1]:3000', '127.0.0.1', 'a:', '', 'A%20b', '[v1.x:y]'])(
      'with the Host %j',
      async (name) => {
        const client = await open();
        client.send(request('GET /health/live HTTP/1.1', `Host: ${name}`));
        expect((await client.reply()).status).toBe(200);
      },
    );

    it('with HTTP/0.9', async () => {
      const client = await open();
      client.send(`GET /health/live${CRLF}${CRLF}`);
      expect([200, 400, 505]).toContain((await client.reply()).status);
      await expectAlive();
    });

    it('with HTTP/1.0, whose connection ends with the answer', async () => {
      const client = await open();
      client.send(request(`GET /api/data/${key} HTTP/1.0`));
      const text = await client.untilEnd();
      expect(text).toMatch(/^HTTP\/1\.[01] 200 /);
      expect(text).not.toMatch(/transfer-encoding/i);
    });

    it('with requests in a pipeline, answered in their order', async () => {
      const opens = gate();
      backend.on(`${key}-1`, { body: 'first', gate: opens }).on(`${key}-2`, { body: 'second' });
      const client = await open();
      client.send(
        [1, 2, 3]
          .map((n) => request(`GET /api/data/${key}-${String(n)} HTTP/1.1`, 'Host: x'))
          .join(''),
      );
      await backend.waitForCalls(`${key}-1`, 1);
      opens.open();
      const replies = await client.replies(3);
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(replies.map(({ body }) => body).slice(0, 2)).toEqual(['first', 'second']);
    });

    it.each<[string, string, number]>([
      ['nonsense', 'nonsense\r\n\r\n', 400],
      ['half a head', 'GET /api/da', 408],
      ['CONNECT', request('CONNECT inside.example:25 HTTP/1.1', 'Host: x'), 405],
    ])(
      'with good requests and behind them %s, which is answered after them',
      async (_, bytes, status) => {
        const opens = gate();
        const keys = [1, 2, 3].map((n) => `${key}-${String(n)}`);
        for (const name of keys) backend.on(name, { body: `of ${name}`, gate: opens });
        const client = await open();
        client.send(
          keys.map((name) => request(`GET /api/data/${name} HTTP/1.1`, 'Host: x')).join('') + bytes,
        );
        for (const name of keys) await backend.waitForCalls(name, 1);
        await service.fence();
        expect(client.text).toBe('');
        // What comes too late is taken for it in time, while the others wait.
        if (status === 408) await new Promise((resolve) => setTimeout(resolve, 1_500));
        opens.open();
        await client.untilEnd();
        const replies = await client.replies(4);
        expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, status]);
        expect(replies.slice(0, 3).map(({ body }) => body)).toEqual(keys.map((k) => `of ${k}`));
        expectJsonError(asReply(replies[3] as RawReply), status);
        await expectAlive();
      },
    );
  });

  describe('errors are JSON with `error`, and tell nothing of the inside', () => {
    it.each<[string, string, number | number[]]>([
      ['GET', '/', 404],
      ['GET', '/nowhere', 404],
      ['GET', '/api', 404],
      ['GET', '/api/', 404],
      ['GET', '/backend/resource', 404],
      ['GET', '/favicon.ico', 404],
      ['GET', '/__proto__', 404],
      ['GET', '/constructor', 404],
      ['GET', '/api/resource/x', 404],
      ['GET', '/health/x', 404],
      ['GET', '/..%2f..%2fetc/passwd', 404],
      ['GET', '/<script>alert(1)</script>', 404],
      ['GET', '/%ZZ', [400, 404]],
      ['GET', '/%', [400, 404]],
      ['GET', '//nowhere', 404],
      ['GET', '/?a=%ZZ', 404],
      ['POST', '/nowhere', 404],
    ])('%s %s', async (method, target, status) => {
      const before = backend.total;
      expectJsonError(await service.get(target, { method }), status);
      expect(backend.total).toBe(before);
    });

    it.each(['/health', '/health/live', '/health/ready', '/api/resource', '/products'])(
      '405 with Allow for whatever is not served on %s',
      async (target) => {
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          const reply = await service.get(target, { method });
          expectJsonError(reply, 405);
          expect(reply.headers['allow']).toBe('GET, HEAD');
        }
      },
    );

    it('whatever Accept asks for', async () => {
      const headers = { accept: 'text/html' };
      expectJsonError(await service.get('/nowhere', { headers }), 404);
      expectJsonError(await service.get('/api/data/%ZZ', { headers }), 400);
    });

    it('and do not repeat what was asked for', async () => {
      const reply = await service.get('/nowhere/%3Cscript%3E?q=%3Cscript%3E<script>');
      expectJsonError(reply, 404);
      expect(reply.text).not.toMatch(/script/);
    });

    it('and no answer names its software', async () => {
      for (const target of [`/api/data/${key}`, '/health', '/nowhere']) {
        const { headers } = await service.get(target);
        expect(headers).not.toHaveProperty('x-powered-by');
        expect(headers).not.toHaveProperty('server');
      }
    });
  });

  describe('x-request-id', () => {
    const idOf = (reply: Reply): string => String(reply.headers['x-request-id']);

    it.each([
      'abc',
      '0af7651916cd43dd8448eb211c80319c',
      '5e4b1a9e-8a5f-4c7b-9f0e-0c4d6f1f3a2b',
      'a.b_c-d',
    ])('is taken when it is fit: %s', async (id) => {
      const headers = { 'x-request-id': id };
      expect(idOf(await service.get(`/api/data/${key}`, { headers }))).toBe(id);
    });

    it('is made when there is none, another each time', async () => {
      const ids = new Set<string>();
      for (let i = 0; i < 5; i += 1) ids.add(idOf(await service.get(`/api/data/${key}`)));
      expect(ids.size).toBe(5);
      for (const id of ids) expect(id).toMatch(/^[\w-]{16,64}$/);
    });

    it.each([
      ['empty', ''],
      ['too long', 'x'.repeat(4_000)],
      ['with spaces', 'a b'],
      ['with markup', '<script>alert(1)</script>'],
      ['with quotes', '"a"'],
      ['with an encoded line break', 'a%0d%0aX-Evil:%201'],
      ['with a tab', 'a\tb'],
      ['beyond ASCII', 'gr\u00fc\u00dfe'],
      ['with terminal codes', 'a\u009b31m'],
    ])('is replaced when it is %s', async (_, id) => {
      const client = await open();
      client.send(
        Buffer.from(
          request(`GET /api/data/${key} HTTP/1.1`, 'Host: x', `X-Request-Id: ${id}`),
          'latin1',
        ),
      );
      const reply = await client.reply();
      expect(reply.status).toBe(200);
      expect(reply.headers.get('x-request-id')).toMatch(/^[\w-]{16,64}$/);
    });

    it('is replaced when there are two', async () => {
      const client = await open();
      client.send(
        request(`GET /api/data/${key} HTTP/1.1`, 'Host: x', 'X-Request-Id: a', 'X-Request-Id: b'),
      );
      expect((await client.reply()).headers.get('x-request-id')).toMatch(/^[\w-]{16,64}$/);
    });

    it('is returned on every answer, and each joiner gets its own', async () => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const ids = ['one', 'two', 'three'];
      const joined = await service.burst(3, () => `/api/data/${key}`);
      const own = [];
      for (const id of ids) {
        const headers = { 'x-request-id': id };
        own.push(await service.arrive(`/api/data/${key}`, { headers }));
      }
      opens.open();
      expect((await Promise.all(own.map(({ reply }) => reply))).map(idOf)).toEqual(ids);
      expect(new Set((await Promise.all(joined.map(({ reply }) => reply))).map(idOf)).size).toBe(3);

      backend.on(RESOURCE, { status: 500 });
      const statuses: number[] = [];
      for (const [method, target] of [
        ['HEAD', `/api/data/${key}`],
        ['POST', `/api/data/${key}`],
        ['GET', '/api/data/%ZZ'],
        ['GET', '/nowhere'],
        ['GET', '/health'],
        ['GET', `/api/data/${RESOURCE}`],
        ['GET', '/api/resource'],
        ['GET', '/api/resource'],
      ] as const) {
        const headers = { 'x-request-id': 'mine' };
        const reply = await service.get(target, { method, headers });
        expect([target, idOf(reply)]).toEqual([target, 'mine']);
        statuses.push(reply.status);
      }
      expect(statuses).toEqual([200, 405, 400, 404, 200, 502, 502, 503]);
    });
  });
});

describe('x-request-id in the log', () => {
  const fixtures = new Fixtures('express');

  it('is on the line of what could not be parsed, and in the answer', async () => {
    const lines: string[] = [];
    const write = (...message: unknown[]): void => {
      lines.push(JSON.stringify(message));
    };
    const logger: LoggerService = { log: write, warn: write, error: write };
    const service = await fixtures.service(await fixtures.backend(), { logger });
    const client = await RawClient.open(service.port);
    try {
      client.send('this is no request\r\n\r\n');
      const { headers } = asReply(await client.reply());
      const line = lines.find((text) => text.includes(String(headers['x-request-id'])));
      expect(line).toMatch(/400/);
      expect(line).toMatch(/HPE_INVALID/);
    } finally {
      client.close();
    }
  });

  it('is on the line of a CONNECT, with its target as safe and short as others', async () => {
    const lines: string[] = [];
    const write = (line: unknown): void => {
      if (line instanceof RequestLine) lines.push(line.summary, `{${line.toText('Http')}}`);
    };
    const logger: LoggerService = { log: write, warn: write, error: write };
    const service = await fixtures.service(await fixtures.backend(), { logger });
    for (const host of ['inside.example', 'x'.repeat(5_000)]) {
      const client = await RawClient.open(service.port);
      client.send(request(`CONNECT ${host}:25 HTTP/1.1`, 'Host: x', 'X-Request-Id: mine'));
      await client.reply();
      client.close();
    }
    const [short, json, long = ''] = lines;
    expect(short).toBe('CONNECT inside.example:25 405 0 ms');
    expect(JSON.parse(String(json))).toMatchObject({
      ...{ requestId: 'mine', method: 'CONNECT', target: 'inside.example:25', status: 405 },
    });
    expect(long.length).toBeLessThan(300);
  });

  it('is on the line of its request, beside the cause that the answer does not tell', async () => {
    const lines: string[] = [];
    const write = (...message: unknown[]): void => {
      lines.push(JSON.stringify(message));
    };
    const logger: LoggerService = { log: write, warn: write, error: write };
    const backend = await fixtures.backend();
    const service = await fixtures.service(backend, { logger });
    backend.on('fails', { status: 503 });
    await service.get('/api/data/works', { headers: { 'x-request-id': 'id-of-the-good' } });
    await service.get('/api/data/fails', { headers: { 'x-request-id': 'id-of-the-bad' } });
    await service.fence();
    const [good, ...others] = lines.filter((line) => line.includes('id-of-the-good'));
    expect(good).toMatch(/\/api\/data\/works/);
    expect(others).toEqual([]);
    const [bad] = lines.filter((line) => line.includes('id-of-the-bad'));
    expect(bad).toMatch(/503/);
  });
});
