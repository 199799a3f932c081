import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describeOnEach } from './support/describe-on-each.js';
import { expectJsonError } from './support/errors.js';
import { repliesOf, shared } from './support/flight-replies.js';
import { gate } from './support/gate.js';
import { RawClient } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import type { ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

describeOnEach('GET /api/data/:key, the request', (platform) => {
  const fixtures = new Fixtures(platform, 'after all tests');
  let backend: ScriptedBackend;
  let service: RunningService;
  let key: string;
  let tests = 0;

  const path = (suffix = ''): string => `/api/data/${key}${suffix}`;

  beforeAll(async () => {
    backend = await fixtures.backend();
    service = await fixtures.service(backend);
  });

  beforeEach(() => {
    key = `key-${String((tests += 1))}`;
  });

  describe('a key stays one path segment under /backend/', () => {
    const segment = (url: string): string => {
      expect(url).toMatch(/^\/backend\/[\w\-.~!$&'()*+,;=:@%]+$/);
      return url.slice('/backend/'.length);
    };

    it.each<[string, string, string]>([
      ['a dot', '.', '.'],
      ['two dots', '..', '..'],
      ['encoded dots', '%2e%2E', '..'],
      ['an encoded dot', '%2e', '.'],
      ['three dots', '...', '...'],
      ['a climb', '..%2f', '../'],
      ['a longer climb', '..%2F..%2fetc%2Fpasswd', '../../etc/passwd'],
      ['a climb with encoded dots', '%2e%2e%2f', '../'],
      ['a climb with backslashes', '..%5C..%5c', '..\\..\\'],
      ['a slash', 'a%2Fb', 'a/b'],
      ['only a slash', '%2F', '/'],
      ['another host', '%2F%2Fevil.example', '//evil.example'],
      ['another URL', 'http:%2F%2Fevil.example%2F', 'http://evil.example/'],
      ['user information', '@evil.example', '@evil.example'],
      ['a port', ':80', ':80'],
      ['a header', 'a%0d%0aX-Evil:%201', 'a\r\nX-Evil: 1'],
      [
        'a whole request',
        'a%20HTTP%2F1.1%0D%0AHost:%20x%0D%0A%0D%0AGET%20%2Fevil',
        'a HTTP/1.1\r\nHost: x\r\n\r\nGET /evil',
      ],
      ['NUL', 'a%00b', 'a\u0000b'],
      ['only NUL', '%00', '\u0000'],
      ['a space', 'a%20b', 'a b'],
      ['only a space', '%20', ' '],
      ['spaces at the ends', '%20a%20', ' a '],
      ['a tab and a line feed', 'a%09b%0Ac', 'a\tb\nc'],
      ['double quotes', '%22a%22', '"a"'],
      ['single quotes', "'a'%27", "'a''"],
      ['__proto__', '__proto__', '__proto__'],
      ['constructor', 'constructor', 'constructor'],
      ['toString', 'toString', 'toString'],
      ['hasOwnProperty', 'hasOwnProperty', 'hasOwnProperty'],
      ['zero', '0', '0'],
      ['null', 'null', 'null'],
      ['undefined', 'undefined', 'undefined'],
      ['false', 'false', 'false'],
      ['NaN', 'NaN', 'NaN'],
      ['the other route’s name', 'resource', 'resource'],
      ['a twice encoded letter', '%2541', '%41'],
      ['a thrice encoded letter', '%252541', '%2541'],
      ['a twice encoded slash', '%252F', '%2F'],
      ['twice encoded dots', '%252e%252e', '%2e%2e'],
      ['an encoded percent sign', '100%25', '100%'],
      ['what would be undecodable once decoded', '%25ZZ', '%ZZ'],
      ['an encoded letter', '%61bc', 'abc'],
      ['a question mark', 'a%3Fb=1', 'a?b=1'],
      ['a hash', 'a%23b', 'a#b'],
      ['a semicolon', 'a;b=1', 'a;b=1'],
      ['an encoded semicolon', 'a%3Bb', 'a;b'],
      ['a plus sign', 'a+b', 'a+b'],
      ['an encoded plus sign', 'a%2Bb', 'a+b'],
      ['an ampersand', 'a&b', 'a&b'],
      ['an encoded ampersand', 'a%26b%3Dc', 'a&b=c'],
      ['a colon and a comma', 'a:b,c', 'a:b,c'],
      ['a star', '*', '*'],
      ['a pattern', ':key(.*)', ':key(.*)'],
      ['brackets', '%5Ba%5D%7Bb%7D', '[a]{b}'],
      ['a pipe, a caret and a backtick', '%7C%5E%60', '|^`'],
      ['an umlaut', 'gr%C3%BC%C3%9Fe', 'grüße'],
      ['Chinese', '%E6%B5%AA', '浪'],
      ['an emoji', '%F0%9F%8C%8A', '🌊'],
      ['a composed accent', '%C3%A9', 'é'],
      ['a combining accent', 'e%CC%81', 'e\u0301'],
      ['a byte order mark', '%EF%BB%BF', '\ufeff'],
      ['the replacement character', '%EF%BF%BD', '\ufffd'],
      ['a line separator', '%E2%80%A8', '\u2028'],
      ['DEL', '%7F', '\u007f'],
      ['7 000 characters', 'a'.repeat(7_000), 'a'.repeat(7_000)],
      ['7 000 percent-encoded characters', '%41'.repeat(7_000), 'A'.repeat(7_000)],
      ['7 000 emoji', encodeURIComponent('🌊').repeat(7_000), '🌊'.repeat(7_000)],
      ['7 000 characters of Chinese', '%E6%B5%AA'.repeat(7_000), '浪'.repeat(7_000)],
    ])('%s', async (_, encoded, decoded) => {
      const before = backend.total;
      const reply = await service.get(`/api/data/${encoded}`);
      expect(reply.status).toBe(200);
      expect(backend.total).toBe(before + 1);
      const seen = backend.requests.at(-1);
      const sent = segment(seen?.url ?? '');
      expect(decodeURIComponent(sent)).toBe(decoded);
      expect(['.', '..']).not.toContain(sent);
      expect(seen?.headers).not.toHaveProperty('x-evil');
      expect(seen?.headers.host).toBe(`127.0.0.1:${String(backend.port)}`);
    });

    it.each([
      ['no hexadecimal digits', '%ZZ'],
      ['a lone percent sign', '%'],
      ['a percent sign at the end', 'a%'],
      ['one digit', '%4'],
      ['a broken sequence', '%C3%28'],
      ['half a sequence', '%E6%B5'],
      ['a lone continuation', '%80'],
      ['an overlong slash', '%C0%AF'],
      ['a surrogate', '%ED%A0%80'],
      ['beyond Unicode', '%F5%80%80%80'],
      ['a good part and a bad one', 'good%20%ZZ'],
    ])('that cannot be decoded is 400: %s', async (_, encoded) => {
      const before = backend.total;
      expectJsonError(await service.get(`/api/data/${encoded}`), 400);
      expect(backend.total).toBe(before);
    });

    it.each(['/api/data/', '/api/data', '/api/data/?key=a', '/api/data?key=a'])(
      'that is empty is 404: %s',
      async (target) => {
        const before = backend.total;
        expectJsonError(await service.get(target), 404);
        expect(backend.total).toBe(before);
      },
    );

    it.each([
      '/api/data/a/b',
      '/api/data//evil.example',
      '/api/data/../backend/a',
      '/api/data/a/..',
    ])('or it is not a key: %s', async (target) => {
      const before = backend.total;
      expectJsonError(await service.get(target), 404);
      expect(backend.total).toBe(before);
    });

    it('and the query string is no part of it', async () => {
      await service.get(path('?a=1&b=%ZZ'));
      await service.get(path('?'));
      await service.get(path('?%2F..%2F'));
      const seen = backend.requests.filter((request) => request.key === key);
      expect(seen.map((request) => request.url)).toEqual(Array(3).fill(`/backend/${key}`));
    });
  });

  describe('asks the backend with nothing of the caller', () => {
    const callers = {
      authorization: 'Bearer of-one-caller',
      cookie: 'session=of-one-caller',
      range: 'bytes=0-1',
      'if-none-match': '"of-one-caller"',
      'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT',
      'if-range': '"of-one-caller"',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'caller.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=203.0.113.7',
      'x-real-ip': '203.0.113.7',
      'x-request-id': 'id-of-one-caller',
      'x-custom': 'custom-of-one-caller',
      accept: 'application/x-one-caller',
      'accept-language': 'de-one-caller',
      'accept-encoding': 'zstd',
      'user-agent': 'one-caller/1.0',
      referer: 'https://caller.example/',
      origin: 'https://caller.example',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      via: '1.1 caller',
      'cache-control': 'no-cache-of-one-caller',
      te: 'trailers',
      host: 'caller.example',
    };

    it('neither headers, nor host, nor method', async () => {
      const reply = await service.get(path(), { headers: callers });
      expect(reply.status).toBe(200);
      const seen = backend.lastOf(key);
      expect(seen.method).toBe('GET');
      expect(seen.headers.host).toBe(`127.0.0.1:${String(backend.port)}`);
      const allowed = ['host', 'connection', 'accept', 'accept-encoding', 'user-agent'];
      // Of the call, whoever has caused it.
      allowed.push('x-request-id', 'traceparent');
      expect(allowed).toEqual(expect.arrayContaining(Object.keys(seen.headers)));
      for (const value of Object.values(callers)) {
        expect(Object.values(seen.headers)).not.toContain(value);
      }
    });

    it('so a range is not served in part', async () => {
      backend.on(key, { body: 'the whole body' });
      const reply = await service.get(path(), { headers: { range: 'bytes=0-2' } });
      expect([reply.status, reply.text]).toEqual([200, 'the whole body']);
    });

    it('and no body', async () => {
      const reply = await service.get(path(), { body: 'a body with a GET' });
      expect(reply.status).toBe(200);
      expect(backend.lastOf(key).headers).not.toHaveProperty('content-length');
      expect(backend.lastOf(key).headers).not.toHaveProperty('transfer-encoding');
    });
  });

  describe('methods', () => {
    it('HEAD answers like GET, without the body', async () => {
      backend.on(key, { body: 'the body', headers: { 'Content-Type': 'text/x-head' } });
      const ofGet = await service.get(path());
      const ofHead = await service.get(path(), { method: 'HEAD' });
      expect(ofHead.body).toHaveLength(0);
      expect({ ...(shared(ofHead) as object), text: '' }).toEqual({
        ...(shared(ofGet) as object),
        text: '',
      });
      expect(ofHead.headers['content-length']).toBe('8');
      expect(backend.requests.filter((seen) => seen.key === key)).toHaveLength(2);
    });

    it('HEAD sends not one byte of the body over the wire', async () => {
      backend.on(key, { body: 'never seen' });
      const client = await RawClient.open(service.port);
      client.send(`HEAD ${path()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const text = await client.untilEnd();
      client.close();
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(text).toMatch(/\r\ncontent-length: 10\r\n/i);
      expect(text.endsWith('\r\n\r\n')).toBe(true);
      expect(text).not.toContain('never seen');
    });

    it('HEAD passes a failure on in its status', async () => {
      backend.on(key, { status: 500 }, { status: 404 });
      const failed = await service.get(path(), { method: 'HEAD' });
      const missing = await service.get(path(), { method: 'HEAD' });
      expect([failed.status, missing.status]).toEqual([502, 404]);
      expect([failed.text, missing.text]).toEqual(['', '']);
    });

    it('GET and HEAD at once each get what they asked for', async () => {
      const opens = gate();
      backend.on(key, { body: 'for GET alone', gate: opens });
      const pending = [
        await service.arrive(path(), { method: 'HEAD' }),
        await service.arrive(path()),
        await service.arrive(path(), { method: 'HEAD' }),
      ];
      opens.open();
      const replies = await repliesOf(pending);
      expect(replies.map((reply) => reply.text)).toEqual(['', 'for GET alone', '']);
      expect(replies.map((reply) => reply.headers['content-length'])).toEqual(['13', '13', '13']);
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'])(
      '%s calls no backend',
      async (method) => {
        const before = backend.total;
        const reply = await service.get(path(), { method });
        const known = /^(POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method);
        expectJsonError(reply, known ? 405 : [404, 405]);
        if (known) expect(reply.headers['allow']).toBe('GET, HEAD');
        expect(backend.total).toBe(before);
      },
    );
  });
});

describeOnEach('GET /api/data/:key of a backend elsewhere', (platform) => {
  const fixtures = new Fixtures(platform);

  describe('BACKEND_URL', () => {
    it.each<[string, readonly ('127.0.0.1' | '::1')[]]>([
      ['127.0.0.1 alone', ['127.0.0.1']],
      ['::1 alone', ['::1']],
      ['both', ['127.0.0.1', '::1']],
    ])('reaches a backend at localhost that binds %s', async (_, hosts) => {
      const backend = await fixtures.backend({ hosts });
      const service = await fixtures.service(`http://localhost:${String(backend.port)}`);
      const replies = await repliesOf(await service.burst(20, (i) => `/api/data/${String(i)}`));
      expect(replies.map((reply) => reply.status)).toEqual(Array(20).fill(200));
      expect(backend.lastOf('0').headers.host).toBe(`localhost:${String(backend.port)}`);
    });

    it('may be an IPv6 address', async () => {
      const backend = await fixtures.backend({ hosts: ['::1'] });
      const service = await fixtures.service(backend);
      expect((await service.get('/api/data/a')).status).toBe(200);
    });

    it.each(['', '/', '///'])('keeps its path as a prefix, ending in %p', async (ending) => {
      const backend = await fixtures.backend({ prefix: '/base/v1' });
      const service = await fixtures.service(`${backend.url}${ending}`);
      expect((await service.get('/api/data/..%2fa')).status).toBe(200);
      expect((await service.get('/api/resource')).status).toBe(200);
      expect(backend.requests.map((seen) => seen.url)).toEqual([
        '/base/v1/backend/..%2Fa',
        '/base/v1/backend/resource',
      ]);
    });
  });
});
