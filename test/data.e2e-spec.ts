import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describeOnEach } from './support/describe-on-each.js';
import { expectAnswer, expectJsonError, TIMEOUT, UNAVAILABLE } from './support/errors.js';
import { expectAllTheSame, repliesOf } from './support/flight-replies.js';
import { gate } from './support/gate.js';
import { RawClient } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import type { Answer, ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

describeOnEach('GET /api/data/:key', (platform) => {
  const fixtures = new Fixtures(platform, 'after all tests');
  let backend: ScriptedBackend;
  let service: RunningService;
  let key: string;
  let tests = 0;

  const path = (suffix = ''): string => `/api/data/${key}${suffix}`;

  beforeAll(async () => {
    backend = await fixtures.backend();
    // Out of the way of barriers on a busy machine; the bound has its own tests below.
    service = await fixtures.service(backend, { env: { BACKEND_TIMEOUT_MS: '60000' } });
  });

  beforeEach(() => {
    key = `key-${String((tests += 1))}`;
  });

  describe('hands on what the backend answered', () => {
    it.each<[string, Buffer, string]>([
      ['text', Buffer.from('grüße\n'), 'text/plain; charset=utf-8'],
      [
        'JSON as it was written',
        Buffer.from('{ "a": 1.0,\n"b":1e400, "a":2 }'),
        'application/json',
      ],
      ['broken JSON', Buffer.from('{"a":'), 'application/json'],
      ['text in another charset', Buffer.from([0xe9, 0xff, 0x80]), 'text/plain;charset=latin1'],
      ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, i) => i)), 'image/x-odd'],
      ['no bytes at all', Buffer.alloc(0), 'text/html'],
      ['a megabyte', Buffer.alloc(2 ** 20, 'breakwater'), 'application/octet-stream'],
    ])('byte for byte: %s', async (_, body, contentType) => {
      backend.on(key, { body, headers: { 'Content-Type': contentType } });
      const reply = await service.get(path());
      expect(reply.status).toBe(200);
      expect(reply.headers['content-type']).toBe(contentType);
      expect(reply.headers['content-length']).toBe(String(body.length));
      expect(reply.body.equals(body)).toBe(true);
    });

    it('keeps a compressed body compressed, whatever the caller accepts', async () => {
      const body = gzipSync('a compressed body');
      backend.on(key, { body, headers: { 'Content-Encoding': 'gzip' } });
      const reply = await service.get(path(), { headers: { 'accept-encoding': 'identity' } });
      expect(reply.headers['content-encoding']).toBe('gzip');
      expect(reply.body.equals(body)).toBe(true);
    });

    it('accepts a body without Content-Length', async () => {
      backend.on(key, { body: 'in pieces', chunked: true });
      const reply = await service.get(path());
      expect([reply.status, reply.text]).toEqual([200, 'in pieces']);
    });

    it('accepts a body that ends with the connection', async () => {
      backend.on(key, { raw: 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\nto the end' });
      const reply = await service.get(path());
      expect([reply.status, reply.text]).toEqual([200, 'to the end']);
    });

    it('invents no Content-Type', async () => {
      backend.on(key, { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' });
      const reply = await service.get(path());
      expect([reply.status, reply.text]).toEqual([200, 'ok']);
      expect(reply.headers).not.toHaveProperty('content-type');
    });

    it('waits for the answer behind interim ones', async () => {
      backend.on(key, {
        raw:
          'HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n' +
          'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal',
      });
      const reply = await service.get(path());
      expect([reply.status, reply.text]).toEqual([200, 'final']);
    });

    it.each([201, 203, 204, 300, 301, 302, 304, 307, 400, 401, 403, 404, 409, 410, 418, 429, 451])(
      'passes %i through to the whole flight and keeps nothing of it',
      async (status) => {
        const opens = gate();
        const body = status === 204 || status === 304 ? '' : `answer ${String(status)}`;
        const headers = { Location: '/backend/elsewhere', 'Content-Type': 'text/x-answer' };
        backend.on(key, { status, body, headers, gate: opens }, { body: 'anew' });
        const elsewhere = backend.calls('elsewhere');
        const pending = await service.burst(3, () => path());
        opens.open();
        const replies = await repliesOf(pending);
        for (const reply of replies) expect([reply.status, reply.text]).toEqual([status, body]);
        if (body !== '') expect(replies[0]?.headers['content-type']).toBe('text/x-answer');
        expectAllTheSame(replies);
        expect(backend.calls(key)).toBe(1);
        const next = await service.get(path());
        expect([next.status, next.text, backend.calls(key)]).toEqual([200, 'anew', 2]);
        expect(backend.calls('elsewhere')).toBe(elsewhere);
      },
    );

    it('hands on no cookie, no hop-by-hop header and none that Connection nominates', async () => {
      backend.on(key, {
        headers: {
          'Set-Cookie': ['session=1', 'tracking=2'],
          Connection: 'close, X-Internal, Content-Language',
          'X-Internal': 'secret',
          'Content-Language': 'de',
          'Keep-Alive': 'timeout=77',
          'Proxy-Authenticate': 'Basic',
          'Proxy-Connection': 'close',
          Upgrade: 'h2c',
          Trailer: 'X-After',
        },
        chunked: true,
      });
      const reply = await service.get(path(), { headers: { connection: 'keep-alive' } });
      expect(reply.status).toBe(200);
      for (const name of [
        'set-cookie',
        'x-internal',
        'content-language',
        'proxy-authenticate',
        'proxy-connection',
        'upgrade',
        'trailer',
      ]) {
        expect(reply.headers).not.toHaveProperty(name);
      }
      expect(reply.headers['connection']).not.toBe('close');
      expect(reply.headers['keep-alive']).not.toBe('timeout=77');
    });
  });

  describe('n concurrent requests are one backend call', () => {
    it.each([2, 100, 1_000])('%i callers share one answer', async (callers) => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const pending = await service.burst(callers, () => path());
      opens.open();
      const replies = await repliesOf(pending);
      expect(replies).toHaveLength(callers);
      expect(replies[0]?.text).toBe(JSON.stringify({ key, call: 1 }));
      expectAllTheSame(replies);
      expect(backend.calls(key)).toBe(1);
    });

    it('one that arrives after the backend took the call joins', async () => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const first = service.start(path());
      await backend.waitForCalls(key, 1);
      const second = await service.arrive(path());
      opens.open();
      expectAllTheSame(await repliesOf([first, second]));
      expect(backend.calls(key)).toBe(1);
    });

    it('one that arrives between the headers and the end of the body joins', async () => {
      const opens = gate();
      backend.on(key, { body: 'first half, second half', bodyGate: opens });
      const first = service.start(path());
      await backend.waitForCalls(key, 1);
      await service.fence();
      const second = await service.arrive(path());
      opens.open();
      const replies = await repliesOf([first, second]);
      for (const reply of replies) expect(reply.text).toBe('first half, second half');
      expect(backend.calls(key)).toBe(1);
    });

    it('callers with different headers and query strings share it too', async () => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const pending = [
        await service.arrive(path('?a=1'), { headers: { authorization: 'Bearer one' } }),
        await service.arrive(path('?a=2&b'), { headers: { cookie: 'who=two' } }),
        await service.arrive(path('?'), { headers: { accept: 'text/csv' } }),
        await service.arrive(path()),
      ];
      opens.open();
      expectAllTheSame(await repliesOf(pending));
      expect(backend.calls(key)).toBe(1);
      expect(backend.lastOf(key).url).toBe(`/backend/${key}`);
    });

    it('a big body reaches every one of them whole', async () => {
      const opens = gate();
      const body = Buffer.alloc(2 ** 20, 'every byte counts ');
      backend.on(key, { body, gate: opens });
      const pending = await service.burst(50, () => path());
      opens.open();
      const replies = await repliesOf(pending);
      expect(replies.every((reply) => reply.body.equals(body))).toBe(true);
      expect(backend.calls(key)).toBe(1);
    });

    it('one that reads slowly does not hold up the others', async () => {
      const opens = gate();
      backend.on(key, { body: Buffer.alloc(8 * 2 ** 20, 'x'), gate: opens });
      const slow = await RawClient.open(service.port);
      slow.socket.pause();
      slow.send(`GET ${path()} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await backend.waitForCalls(key, 1);
      const quick = await service.arrive(path());
      opens.open();
      expect((await quick.reply).body).toHaveLength(8 * 2 ** 20);
      slow.close();
    });

    it('100 keys with 10 callers each are 100 calls, all of them at once', async () => {
      const opens = gate();
      for (let i = 0; i < 100; i += 1) backend.on(`${key}-${String(i)}`, { gate: opens });
      const before = backend.total;
      const pending = await service.burst(1_000, (i) => path(`-${String(i % 100)}`));
      // None has been answered: a lock or a small pool would hold most of them back here.
      await backend.waitForTotal(before + 100);
      opens.open();
      const replies = await repliesOf(pending);
      replies.forEach((reply, i) => {
        expect(reply.text).toBe(JSON.stringify({ key: `${key}-${String(i % 100)}`, call: 1 }));
      });
      expect(backend.total).toBe(before + 100);
    });

    it('a key that waits does not hold up another', async () => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const waiting = await service.arrive(path());
      expect((await service.get(path('-other'))).status).toBe(200);
      opens.open();
      expect((await waiting.reply).status).toBe(200);
    });

    it('keys that differ in case are different keys', async () => {
      const opens = gate();
      backend.on(`${key}-a`, { gate: opens }).on(`${key}-A`, { gate: opens });
      const pending = [await service.arrive(path('-a')), await service.arrive(path('-A'))];
      opens.open();
      await repliesOf(pending);
      expect([backend.calls(`${key}-a`), backend.calls(`${key}-A`)]).toEqual([1, 1]);
    });

    it('two spellings of one key are one key', async () => {
      const opens = gate();
      backend.on(`${key}é`, { gate: opens });
      const pending = [
        await service.arrive(path('%C3%A9')),
        await service.arrive(path('%c3%a9')),
        await service.arrive(`/api/data/%6B${key.slice(1)}%C3%A9`),
      ];
      opens.open();
      expectAllTheSame(await repliesOf(pending));
      expect(backend.calls(`${key}é`)).toBe(1);
    });
  });

  describe('keeps nothing', () => {
    it('calls again for the next request after the flight has ended', async () => {
      for (const call of [1, 2, 3]) {
        expect((await service.get(path())).text).toBe(JSON.stringify({ key, call }));
      }
    });

    it('makes up no validator, and answers no condition with 304', async () => {
      const plain = await service.get(path());
      expect(plain.headers).not.toHaveProperty('etag');
      backend.on(key, { body: 'tagged', headers: { ETag: '"v1"', 'Last-Modified': DATE } });
      const conditional = await service.get(path(), {
        headers: { 'if-none-match': '"v1", *', 'if-modified-since': DATE },
      });
      expect([conditional.status, conditional.text]).toEqual([200, 'tagged']);
    });
  });

  describe('a backend that fails', () => {
    const failures: [string, Answer][] = [
      ...[500, 501, 502, 503, 504, 599].map((status): [string, Answer] => [
        `status ${String(status)}`,
        { status, body: 'the secret of the backend', headers: { 'Retry-After': '60' } },
      ]),
      ['a reset connection', { reset: true }],
      ['a connection closed without a byte', { raw: '' }],
      ['a truncated body', { truncate: true }],
      ['a truncated chunked body', { truncateChunked: true }],
      ['a truncated head', { raw: 'HTTP/1.1 200 OK\r\nContent-Le' }],
      ['garbage', { garbage: true }],
      ['101 Switching Protocols', { upgrade101: true }],
      [
        'two Content-Lengths',
        { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc' },
      ],
      [
        'Content-Length beside Transfer-Encoding',
        {
          raw: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        },
      ],
      ['a bad chunk', { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n' }],
      ['an oversized head', { headers: { 'X-Big': 'x'.repeat(300_000) } }],
    ];

    it.each(failures)('with %s is 502 for the whole flight, once', async (_, answer) => {
      const opens = gate();
      backend.on(key, { ...answer, gate: opens }, { body: 'well again' });
      const pending = await service.burst(5, () => path());
      opens.open();
      for (const reply of await repliesOf(pending)) {
        expectAnswer(reply, 502, UNAVAILABLE);
        expectJsonError(reply, 502);
      }
      expect(backend.calls(key)).toBe(1);
      const next = await service.get(path());
      expect([next.status, next.text, backend.calls(key)]).toEqual([200, 'well again', 2]);
    });

    it('with more bytes than its Content-Length has answered at that length, and does no harm', async () => {
      backend.on(key, { body: 'too many', moreThanContentLength: true }, { body: 'well again' });
      const reply = await service.get(path());
      expect([reply.status, 'too many'.startsWith(reply.text)]).toEqual([200, true]);
      expect(reply.text).toHaveLength(Number(reply.headers['content-length']));
      expect((await service.get(path())).text).toBe('well again');
    });

    it('with no listener is 502, and is called again at its return', async () => {
      expect((await service.get(path())).status).toBe(200);
      await backend.down();
      const replies = await repliesOf(await service.burst(20, () => path()));
      await backend.up();
      for (const reply of replies) expectAnswer(reply, 502, UNAVAILABLE);
      const next = await service.get(path());
      expect([next.status, backend.calls(key)]).toEqual([200, 2]);
    });

    it('that goes down in mid-flight fails the whole flight', async () => {
      backend.on(key, { hang: true }, { body: 'back' });
      const pending = await service.burst(5, () => path());
      await backend.waitForCalls(key, 1);
      await backend.down();
      const replies = await repliesOf(pending);
      await backend.up();
      for (const reply of replies) expectAnswer(reply, 502, UNAVAILABLE);
      expect((await service.get(path())).text).toBe('back');
    });
  });

  describe('a caller that leaves', () => {
    it.each([
      ['the leader', 0],
      ['a joiner', 1],
    ])('does not disturb the others when it was %s', async (_, leaver) => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const pending = await service.burst(4, () => path());
      await backend.waitForCalls(key, 1);
      pending[leaver]?.leave();
      await service.fence();
      const late = await service.arrive(path());
      opens.open();
      const stayed = pending.filter((__, i) => i !== leaver);
      const replies = await repliesOf([...stayed, late]);
      expectAllTheSame(replies);
      expect(replies[0]?.text).toBe(JSON.stringify({ key, call: 1 }));
      expect([backend.calls(key), backend.aborted(key)]).toEqual([1, 0]);
    });

    it('leaves the others in the flight even if all but one go', async () => {
      const opens = gate();
      backend.on(key, { gate: opens });
      const pending = await service.burst(50, () => path());
      await backend.waitForCalls(key, 1);
      for (const caller of pending.slice(0, -1)) caller.leave();
      await service.fence();
      opens.open();
      expect((await pending[49]?.reply)?.text).toBe(JSON.stringify({ key, call: 1 }));
      expect([backend.calls(key), backend.aborted(key)]).toEqual([1, 0]);
    });

    it('aborts the backend call when it was the last, and frees the key', async () => {
      backend.on(key, { hang: true }, { body: 'a new flight' });
      const pending = await service.burst(10, () => path());
      await backend.waitForCalls(key, 1);
      for (const caller of pending) caller.leave();
      await backend.waitForAborted(key, 1);
      expect((await service.get(path())).text).toBe('a new flight');
      expect(backend.calls(key)).toBe(2);
    });

    it('aborts it in the middle of the body too', async () => {
      backend.on(key, { endless: true, gate: gate() }, { body: 'a new flight' });
      backend.on(key, { body: 'half a body', bodyGate: gate() }, { body: 'a new flight' });
      const pending = await service.burst(3, () => path());
      await backend.waitForCalls(key, 1);
      await service.fence();
      for (const caller of pending) caller.leave();
      await backend.waitForAborted(key, 1);
      expect((await service.get(path())).text).toBe('a new flight');
    });

    it('after 200 came and went, leaves no flight and no connection', async () => {
      for (let i = 0; i < 200; i += 1) backend.on(`${key}-${String(i)}`, { hang: true });
      // Those that earlier calls left for the next ones.
      const idle = backend.connections;
      const called = backend.total;
      const pending = await service.burst(200, (i) => path(`-${String(i)}`));
      await backend.waitForTotal(called + 200);
      for (const caller of pending) caller.leave();
      for (let i = 0; i < 200; i += 1) await backend.waitForAborted(`${key}-${String(i)}`, 1);
      await backend.waitForConnections(idle);
    });
  });
});

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';

describeOnEach('GET /api/data/:key with other settings', (platform) => {
  const fixtures = new Fixtures(platform);

  describe('no answer within BACKEND_TIMEOUT_MS', () => {
    // All ten have come by then, on a busy machine too.
    const TIMEOUT_MS = 1_000;

    it.each<[string, Answer]>([
      ['that never answers', { hang: true }],
      ['that stops after the head', { declare: 10 }],
      ['that stops in the middle of the body', { body: 'half a body', bodyGate: gate() }],
      ['that sends a byte now and then, for ever', { trickle: 20 }],
      ['that sends interim answers only', { delay: 60_000 }],
    ])('of a backend %s is 504 for all; the key is free again', async (_, answer) => {
      const backend = await fixtures.backend();
      const env = { BACKEND_TIMEOUT_MS: String(TIMEOUT_MS) };
      const service = await fixtures.service(backend, { env });
      backend.on('slow', answer, { body: 'in time' });
      const startedAt = performance.now();
      const replies = await repliesOf(await service.burst(10, () => '/api/data/slow'));
      const elapsed = performance.now() - startedAt;
      for (const reply of replies) expectAnswer(reply, 504, TIMEOUT);
      expect(elapsed).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
      expect(elapsed).toBeLessThan(TIMEOUT_MS + 30_000);
      await backend.waitForAborted('slow', 1);
      expect(backend.calls('slow')).toBe(1);
      expect((await service.get('/api/data/slow')).text).toBe('in time');
    });

    it('is 504 for HEAD as well, and holds up no other key', async () => {
      const backend = await fixtures.backend();
      const env = { BACKEND_TIMEOUT_MS: String(TIMEOUT_MS) };
      const service = await fixtures.service(backend, { env });
      backend.on('slow', { hang: true });
      const slow = service.start('/api/data/slow', { method: 'HEAD' });
      await backend.waitForCalls('slow', 1);
      expect((await service.get('/api/data/quick')).status).toBe(200);
      const reply = await slow.reply;
      expect([reply.status, reply.text]).toEqual([504, '']);
    });
  });

  describe('a body over BACKEND_MAX_BODY_BYTES', () => {
    const LIMIT = 100_000;
    const exact = Buffer.alloc(LIMIT, 'x');
    const over = Buffer.alloc(LIMIT + 1, 'x');

    it.each<[string, Answer]>([
      ['declared by its Content-Length', { body: over }],
      ['declared and never sent', { declare: LIMIT + 1 }],
      ['in chunks', { body: over, chunked: true }],
      ['without end', { endless: true }],
    ])('is 502 for all, and read no further: %s', async (_, answer) => {
      const backend = await fixtures.backend();
      const env = { BACKEND_MAX_BODY_BYTES: String(LIMIT) };
      const service = await fixtures.service(backend, { env });
      const opens = gate();
      backend.on('big', { ...answer, gate: opens }, { body: 'small' });
      const pending = await service.burst(5, () => '/api/data/big');
      opens.open();
      for (const reply of await repliesOf(pending)) expectAnswer(reply, 502, UNAVAILABLE);
      if (answer.endless || answer.declare) await backend.waitForAborted('big', 1);
      expect(backend.calls('big')).toBe(1);
      expect((await service.get('/api/data/big')).text).toBe('small');
    });

    it.each<[string, Answer]>([
      ['declared', { body: exact }],
      ['in chunks', { body: exact, chunked: true }],
    ])('begins one byte above the limit: %s', async (_, answer) => {
      const backend = await fixtures.backend();
      const env = { BACKEND_MAX_BODY_BYTES: String(LIMIT) };
      const service = await fixtures.service(backend, { env });
      backend.on('big', answer);
      const reply = await service.get('/api/data/big');
      expect([reply.status, reply.body.length]).toEqual([200, LIMIT]);
    });

    it('is one over 32 MiB by default', async () => {
      const backend = await fixtures.backend();
      const service = await fixtures.service(backend);
      backend.on('over', { declare: 32 * 2 ** 20 + 1 });
      backend.on('exact', { body: Buffer.alloc(32 * 2 ** 20) });
      expectAnswer(await service.get('/api/data/over'), 502, UNAVAILABLE);
      expect((await service.get('/api/data/exact')).body).toHaveLength(32 * 2 ** 20);
    });
  });
});
