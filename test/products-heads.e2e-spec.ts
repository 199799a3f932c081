import { beforeEach, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../src/ground/manual-clock.js';
import { describeOnEach } from './support/describe-on-each.js';
import { RawClient } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import type { Answer, ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const SKU = 'products/1';
const PATH = '/products?productId=1';

/** What an answer may say of itself: fields that are handed on, and one that is not. */
const FIELDS = {
  'Content-Type': 'application/json',
  'Content-Language': 'de',
  ETag: '"v1"',
  'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
  'Cache-Control': 'public, max-age=3',
  Expires: 'Sun, 06 Nov 2094 08:49:37 GMT',
  Vary: 'Accept-Encoding',
  Age: '2',
  'X-Own': 'not handed on',
};

describeOnEach('the bytes of answers of GET /products', (platform) => {
  const fixtures = new Fixtures(platform);
  let clock: ManualClock;
  let backend: ScriptedBackend;
  let service: RunningService;

  beforeEach(async () => {
    clock = new ManualClock();
    backend = await fixtures.backend();
    service = await fixtures.service(backend, {
      clock,
      env: { PRODUCT_API_BASE: `${backend.url}/backend` },
    });
  });

  /** Everything that comes back, but for the date and what chance has taken from a lifetime. */
  async function told(fields = '', target = PATH, method = 'GET'): Promise<string> {
    const client = await RawClient.open(service.port);
    client.send(
      `${method} ${target} HTTP/1.1\r\nHost: shop.example\r\nX-Request-Id: r\r\n` +
        `Connection: close\r\n${fields}\r\n`,
    );
    const text = await client.untilEnd();
    client.close();
    return text
      .replace(/^Date: .*$/im, 'Date: now')
      .replace(/ttl=-?\d+/, 'ttl=some')
      .replaceAll('\r\n', '\n');
  }

  const all = (cacheStatus: string, age: string) => [
    'HTTP/1.1 200 OK',
    'X-Request-Id: r',
    `Cache-Status: breakwater; ${cacheStatus}`,
    'X-Coalescer-Name: %2Fproducts%3A1',
    ...(age === 'its own' ? [] : [`Age: ${age}`]),
    'content-type: application/json',
    'content-language: de',
    'etag: "v1"',
    'last-modified: Sun, 06 Nov 1994 08:49:37 GMT',
    'cache-control: public, max-age=3',
    'expires: Sun, 06 Nov 2094 08:49:37 GMT',
    'vary: Accept-Encoding',
    ...(age === 'its own' ? ['age: 2'] : []),
    'Content-Length: 8',
    'Date: now',
    'Connection: close',
    '',
    '{"id":1}',
  ];

  const notModified = [
    'HTTP/1.1 304 Not Modified',
    'X-Request-Id: r',
    'Cache-Status: breakwater; hit; ttl=some',
    'X-Coalescer-Name: %2Fproducts%3A1',
    'Age: 2',
    'etag: "v1"',
    'cache-control: public, max-age=3',
    'expires: Sun, 06 Nov 2094 08:49:37 GMT',
    'vary: Accept-Encoding',
    'Date: now',
    'Connection: close',
    '',
    '',
  ];

  it('are those of a miss, a hit, a stale answer, and of what the caller has already', async () => {
    const headers = { ETag: '"v1"' };
    backend.on(SKU, { headers: FIELDS, body: '{"id":1}' }, { status: 304, headers });
    const lines = async (...asked: Parameters<typeof told>) => (await told(...asked)).split('\n');
    const hit = all('hit; ttl=some', '2');

    expect(await lines()).toEqual(all('fwd=uri-miss; fwd-status=200; stored', 'its own'));
    expect(await lines()).toEqual(hit);
    expect(await lines()).toEqual(hit);
    expect(await lines('If-None-Match: "v0", W/"v1"\r\n')).toEqual(notModified);
    // A list that is none as a whole has nobody's tag.
    expect(await lines('If-None-Match: "v1", v0\r\n')).toEqual(hit);
    expect(await lines(`If-Modified-Since: ${FIELDS['Last-Modified']}\r\n`)).toEqual(notModified);
    expect(await lines('If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n')).toEqual(hit);
    expect(await lines('Range: bytes=0-1\r\n')).toEqual(hit);
    expect(await lines('', PATH, 'HEAD')).toEqual([...hit.slice(0, -1), '']);
    clock.advance(11_000);
    expect(await lines()).toEqual(all('hit; ttl=some; detail=stale-while-revalidate', '13'));
  });

  it.each<
    [name: string, answer: Answer, status: string, detail: string, lines: string[], body: string]
  >([
    [
      'a "not there"',
      { status: 404, headers: { ETag: '"x"' }, body: 'none' },
      '404 Not Found',
      'status',
      ['Cache-Control: no-store', 'content-type: text/plain', 'etag: "x"', 'Content-Length: 4'],
      'none',
    ],
    [
      'a part',
      { status: 206, headers: { 'Content-Range': 'bytes 0-1/8' }, body: 'ab' },
      '206 Partial Content',
      'status',
      ['content-type: text/plain', 'content-range: bytes 0-1/8', 'Content-Length: 2'],
      'ab',
    ],
    [
      'a redirect',
      { status: 302, headers: { Location: '/elsewhere' }, body: '' },
      '302 Found',
      'status',
      ['content-type: text/plain', 'location: /elsewhere', 'Content-Length: 0'],
      '',
    ],
    [
      'too many requests',
      { status: 429, headers: { 'Retry-After': '7' }, body: 'later' },
      '429 Too Many Requests',
      'status',
      [
        'Cache-Control: no-store',
        'content-type: text/plain',
        'retry-after: 7',
        'Content-Length: 5',
      ],
      'later',
    ],
    [
      'what is for one',
      { headers: { 'Cache-Control': 'private, max-age=9' }, body: 'p' },
      '200 OK',
      'private',
      ['content-type: text/plain', 'cache-control: private, max-age=9', 'Content-Length: 1'],
      'p',
    ],
    [
      'what sets cookies',
      { headers: { 'Set-Cookie': ['a=1', 'b=2'] }, body: 'p' },
      '200 OK',
      'set-cookie',
      ['Set-Cookie: a=1', 'Set-Cookie: b=2', 'content-type: text/plain', 'Content-Length: 1'],
      'p',
    ],
    [
      'what varies by what is not sent',
      { headers: { Vary: 'Accept-Language' }, body: 'p' },
      '200 OK',
      'vary',
      ['content-type: text/plain', 'vary: Accept-Language', 'Content-Length: 1'],
      'p',
    ],
    [
      'what may not be used again',
      { headers: { 'Cache-Control': 'no-cache' }, body: 'p' },
      '200 OK',
      'no-cache',
      ['content-type: text/plain', 'cache-control: no-cache', 'Content-Length: 1'],
      'p',
    ],
  ])('are those of %s', async (_, answer, status, detail, lines, body) => {
    backend.on(SKU, answer);
    expect((await told()).split('\n')).toEqual([
      `HTTP/1.1 ${status}`,
      'X-Request-Id: r',
      `Cache-Status: breakwater; fwd=uri-miss; fwd-status=${status.slice(0, 3)}; detail=${detail}`,
      'X-Coalescer-Name: %2Fproducts%3A1',
      ...lines,
      'Date: now',
      'Connection: close',
      '',
      body,
    ]);
  });

  it.each<[name: string, answer: Answer, fields: string, fwd: string]>([
    ['a failure of the backend', { status: 500, body: 'secret' }, '', 'uri-miss'],
    ['a body that breaks off', { truncate: true, body: 'xxxxxxxx' }, '', 'uri-miss'],
    ['a 304 that nobody asked for', { status: 304 }, '', 'uri-miss'],
    ['a failure for one alone', { reset: true }, 'Cookie: a=b\r\n', 'bypass'],
  ])('are those of %s', async (_, answer, fields, fwd) => {
    backend.on(SKU, answer);
    expect((await told(fields)).split('\n')).toEqual([
      'HTTP/1.1 502 Bad Gateway',
      // Of what others answer Fastify writes the names of fields its own way.
      `${platform === 'fastify' ? 'cache-status' : 'Cache-Status'}: breakwater; fwd=${fwd}`,
      'Cache-Control: no-store',
      'Content-Type: application/json; charset=utf-8',
      'Content-Length: 31',
      'X-Request-Id: r',
      'Date: now',
      'Connection: close',
      '',
      '{"error":"backend unavailable"}',
    ]);
  });
});
