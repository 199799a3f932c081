import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectAnswer, CIRCUIT_OPEN } from '../support/errors.js';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import type { RequestOptions } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import { RunningGateway, times, until } from './gateway-fixture.js';

const FRESH = { 'Cache-Control': 'max-age=60' };
/** `Date` is told in whole seconds: an answer that crosses one on its way has an age of one already. */
const ageOf = (seconds: number) =>
  expect.stringMatching(`^(${String(seconds)}|${String(seconds + 1)})$`) as unknown;
const HIT = /;\s*hit\b/;

let backend: ScriptedBackend;
let gateway: RunningGateway;

beforeEach(async () => {
  backend = await ScriptedBackend.start();
  gateway = await RunningGateway.start({
    to: backend.url,
    backends: { api: { url: backend.url } },
    rules: [
      { match: { path: '/internal/**' }, deny: 403 },
      { match: { path: '/upload/**' }, backend: 'api', request: { maxBodyBytes: 10 } },
      { match: { path: '/watched/**' }, backend: 'api', circuit: 'watched' },
    ],
  });
});

afterEach(async () => {
  await gateway.close();
  await backend.down();
});

const ask = (path: string, options: RequestOptions = {}) => get(gateway.port, path, options);
const askWith = (path: string, headers: Record<string, string>) => ask(path, { headers });

describe('a stored answer that is stale', () => {
  it('is served while it is refreshed, as long as it says so', async () => {
    const refreshed = gate();
    const headers = { 'Cache-Control': 'max-age=10, stale-while-revalidate=30' };
    backend.on('/s', { headers, body: 'old' }, { headers, body: 'new', gate: refreshed });
    expect((await ask('/s')).text).toBe('old');
    gateway.clock.advance(11_000);
    const stale = await Promise.all(times(5, () => ask('/s')));
    for (const { text, headers } of stale) expect([text, headers.age]).toEqual(['old', ageOf(11)]);
    await backend.waitForCalls('/s', 2);
    refreshed.open();
    await until(async () => (await ask('/s')).text === 'new', 'the new one');
    expect(backend.calls('/s')).toBe(2);
    gateway.clock.advance(41_000);
    const late = await ask('/s');
    expect([late.text, backend.calls('/s')]).toEqual(['new', 3]);
    expect(late.headers['cache-status']).not.toMatch(HIT);
  });

  it('stands in for a backend that is gone, as long as it says so', async () => {
    backend.on('/e', {
      headers: { 'Cache-Control': 'max-age=10, stale-if-error=30' },
      body: 'kept',
    });
    await ask('/e');
    await backend.down();
    gateway.clock.advance(20_000);
    for (const reply of await Promise.all(times(5, () => ask('/e')))) {
      expect([reply.status, reply.text, reply.headers.age]).toEqual([200, 'kept', ageOf(20)]);
    }
    gateway.clock.advance(30_000);
    expect((await ask('/e')).status).toBe(502);
    await backend.up();
    expect((await ask('/e')).text).toBe('kept');
  });

  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=10', 'no-cache'])(
    'stands in for nothing where it says %s',
    async (directive) => {
      const headers = { 'Cache-Control': `max-age=10, ${directive}`, ETag: '"1"' };
      backend.on('/m', { headers, body: 'kept' });
      await ask('/m');
      await backend.down();
      gateway.clock.advance(20_000);
      const reply = await ask('/m');
      expectAnswer(reply, 504, '{"error":"backend unavailable"}');
    },
  );

  it('stands in for an answer that says that the backend fails, and for no other', async () => {
    const headers = { 'Cache-Control': 'max-age=10, stale-if-error=300' };
    backend.on('/f', { headers, body: 'kept' }, { status: 503 }, { status: 404, body: 'gone' });
    await ask('/f');
    gateway.clock.advance(20_000);
    expect(await ask('/f')).toMatchObject({ status: 200, text: 'kept' });
    gateway.clock.advance(10_000);
    await until(async () => (await ask('/f')).status === 404, 'the next answer');
  });

  it('is confirmed by its entity tag, and has the new fields', async () => {
    backend.on(
      '/v',
      { headers: { 'Cache-Control': 'max-age=10', ETag: '"1"', 'X-Seen': 'first' }, body: 'same' },
      {
        status: 304,
        headers: { 'Cache-Control': 'max-age=50', ETag: '"1"', 'X-Seen': 'then' },
        body: '',
      },
    );
    await ask('/v');
    gateway.clock.advance(11_000);
    const confirmed = await ask('/v');
    expect([confirmed.status, confirmed.text, confirmed.headers['x-seen']]).toEqual([
      200,
      'same',
      'then',
    ]);
    expect(backend.lastOf('/v').headers['if-none-match']).toBe('"1"');
    gateway.clock.advance(40_000);
    expect((await ask('/v')).headers['cache-status']).toMatch(HIT);
    expect(backend.calls('/v')).toBe(2);
  });
});

describe('a backend that fails', () => {
  it('is left alone once its circuit is open; stale answers stand in', async () => {
    backend.on('/watched/kept', {
      headers: { 'Cache-Control': 'max-age=1, stale-if-error=600' },
      body: 'kept',
    });
    backend.on('/watched/f', { status: 500, body: 'broken' });
    await ask('/watched/kept');
    for (let failure = 0; failure < 5; failure++) {
      expect((await ask('/watched/f')).status).toBe(500);
    }
    const { total } = backend;
    const refused = await ask('/watched/f');
    expectAnswer(refused, 503, CIRCUIT_OPEN);
    expect(refused.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' });
    gateway.clock.advance(2_000);
    const stale = await ask('/watched/kept');
    expect([stale.status, stale.text]).toEqual([200, 'kept']);
    expect((await ask('/watched/f', { method: 'POST', body: 'x' })).status).toBe(503);
    expect(backend.total).toBe(total);
    // What other rules lead to is not refused.
    expect((await ask('/other')).status).toBe(200);
    gateway.clock.advance(5_000);
    backend.on('/watched/f', { body: 'well' });
    expect((await ask('/watched/f')).text).toBe('well');
  });

  it('is told of as such where there is nothing that stands in', async () => {
    backend.on('/r', { reset: true });
    const reply = await ask('/r');
    expectAnswer(reply, 502, '{"error":"backend unavailable"}');
    await backend.down();
    expect((await ask('/gone')).status).toBe(502);
  });
});

describe('what a request asks for beyond a whole answer', () => {
  it('is the head alone: of what is kept, or by a call that is shared', async () => {
    backend.on('/h', { headers: FRESH, body: 'twelve bytes' });
    await ask('/h');
    const kept = await ask('/h', { method: 'HEAD' });
    expect([kept.status, kept.headers['content-length'], kept.text]).toEqual([200, '12', '']);
    expect(backend.calls('/h')).toBe(1);

    const answering = gate();
    backend.on('/cold', { headers: FRESH, body: 'twelve bytes', gate: answering });
    const heads = times(8, () => ask('/cold', { method: 'HEAD' }));
    await gateway.waitForAsked(10);
    answering.open();
    for (const reply of await Promise.all(heads)) {
      expect([reply.status, reply.text]).toEqual([200, '']);
    }
    expect([backend.calls('/cold'), backend.lastOf('/cold').method]).toEqual([1, 'HEAD']);
    // A head is no body.
    expect((await ask('/cold')).text).toBe('twelve bytes');
  });

  it('is whether it has changed: of a key that nobody has asked for, by a call that is shared', async () => {
    const answering = gate();
    const modified = 'Thu, 01 Jan 2026 00:00:00 GMT';
    backend.on('/c', {
      gate: answering,
      headers: { ...FRESH, ETag: '"now"', 'Last-Modified': modified },
      body: 'what is now',
    });
    const current = times(6, () => askWith('/c', { 'If-None-Match': 'W/"now", "x"' }));
    const since = times(2, () => askWith('/c', { 'If-Modified-Since': modified }));
    const outdated = times(2, () => askWith('/c', { 'If-None-Match': '"before"' }));
    const plain = times(2, () => ask('/c'));
    await gateway.waitForAsked(12);
    answering.open();
    for (const reply of await Promise.all([...current, ...since])) {
      expect([reply.status, reply.text, reply.headers.etag]).toEqual([304, '', '"now"']);
    }
    for (const reply of await Promise.all([...outdated, ...plain])) {
      expect([reply.status, reply.text]).toEqual([200, 'what is now']);
    }
    const { headers } = backend.lastOf('/c');
    expect([headers['if-none-match'], headers['if-modified-since']]).toEqual([
      undefined,
      undefined,
    ]);
    expect((await askWith('/c', { 'If-None-Match': '"now"' })).status).toBe(304);
    expect(backend.calls('/c')).toBe(1);
  });

  it('is a part, of what is kept', async () => {
    backend.on('/p', { headers: { ...FRESH, ETag: '"1"' }, body: '0123456789' });
    await ask('/p');
    const part = await askWith('/p', { Range: 'bytes=2-4' });
    expect([part.status, part.text]).toEqual([206, '234']);
    expect(part.headers).toMatchObject({ 'content-range': 'bytes 2-4/10', 'content-length': '3' });
    expect((await askWith('/p', { Range: 'bytes=-3' })).text).toBe('789');
    expect((await askWith('/p', { Range: 'bytes=7-', 'If-Range': '"1"' })).text).toBe('789');
    expect((await askWith('/p', { Range: 'bytes=7-', 'If-Range': '"2"' })).text).toBe('0123456789');
    const beyond = await askWith('/p', { Range: 'bytes=10-' });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */10']);
    expect(backend.calls('/p')).toBe(1);
  });

  it('is a part, of what is still arriving', async () => {
    const rest = gate();
    backend.on('/pf', { headers: FRESH, bodyGate: rest, body: '0123456789' });
    const whole = ask('/pf');
    await backend.waitForCalls('/pf', 1);
    await until(async () => {
      const head = await ask('/pf', { method: 'HEAD' });
      return head.headers['cache-status']?.includes('filling') === true;
    }, 'the head');
    const there = await askWith('/pf', { Range: 'bytes=1-3' });
    expect([there.status, there.text, rest.isOpen]).toEqual([206, '123', false]);
    const tail = askWith('/pf', { Range: 'bytes=3-8' });
    rest.open();
    expect((await tail).text).toBe('345678');
    expect((await whole).text).toBe('0123456789');
  });

  it('is what is kept and nothing else', async () => {
    const reply = await askWith('/o', { 'Cache-Control': 'only-if-cached' });
    expect([reply.status, backend.total]).toEqual([504, 0]);
  });
});

describe('a request that changes something', () => {
  const vary = { ...FRESH, Vary: 'Accept-Language' };
  const calls = (path: string) => backend.calls(path);

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'MKCOL'])(
    'outdates what is kept of its target, in all variants: %s',
    async (method) => {
      backend.on('/d', { headers: vary });
      const languages = ['de', 'fr'];
      for (const language of languages) await askWith('/d', { 'Accept-Language': language });
      for (const language of languages) await askWith('/d', { 'Accept-Language': language });
      expect(calls('/d')).toBe(2);
      const body = method === 'DELETE' ? {} : { body: 'x' };
      expect((await ask('/d', { method, ...body })).status).toBe(200);
      expect(calls('/d')).toBe(3);
      for (const language of languages) await askWith('/d', { 'Accept-Language': language });
      expect(calls('/d')).toBe(5);
    },
  );

  it('outdates nothing where it has failed, or changes nothing', async () => {
    backend.on('/d', { headers: FRESH }, { status: 409 }, {});
    await ask('/d');
    await ask('/d', { method: 'POST', body: 'x' });
    await ask('/d', { method: 'OPTIONS' });
    expect((await ask('/d')).headers['cache-status']).toMatch(HIT);
  });

  it('outdates what its answer names, of the same host alone', async () => {
    const here = `http://127.0.0.1:${String(gateway.port)}`;
    for (const path of ['/l1', '/l2', '/l3', '/l4']) {
      backend.on(path, { headers: FRESH });
      await ask(path);
    }
    backend.on(
      '/new',
      { status: 201, headers: { Location: '/l1', 'Content-Location': `${here}/l2?` } },
      { status: 201, headers: { Location: `${here}/l2` } },
      { status: 201, headers: { Location: 'http://elsewhere.example/l3' } },
      {
        status: 201,
        headers: { Location: 'http://[', 'Content-Location': '//elsewhere.example/l4' },
      },
    );
    for (let call = 0; call < 4; call++) await ask('/new', { method: 'POST', body: 'x' });
    for (const path of ['/l1', '/l2', '/l3', '/l4']) await ask(path);
    expect(['/l1', '/l2', '/l3', '/l4'].map(calls)).toEqual([2, 2, 1, 1]);
  });

  it('is never taken for one that is under way', async () => {
    const old = gate();
    backend.on(
      '/race',
      { gate: old, headers: FRESH, body: 'old' },
      { status: 204, body: '' },
      { headers: FRESH, body: 'new' },
    );
    const before = ask('/race');
    await backend.waitForCalls('/race', 1);
    await ask('/race', { method: 'PUT', body: 'new' });
    const after = ask('/race');
    old.open();
    expect((await before).text).toBe('old');
    expect((await after).text).toBe('new');
    expect((await ask('/race')).text).toBe('new');
  });
});

describe('a request that is not handed on', () => {
  it('has been here before', async () => {
    const reply = await askWith('/loop', { Via: '1.1 other, 1.1 Breakwater' });
    expect([reply.status, backend.total]).toEqual([508, 0]);
    await ask('/loop');
    expect((await askWith('/loop', { Via: '1.1 breakwater-2' })).status).toBe(200);
    expect(backend.lastOf('/loop').headers.via).toBe('1.1 breakwater-2, 1.1 breakwater');
  });

  it('is denied, however it is written', async () => {
    for (const path of [
      '/internal/x',
      '/%69nternal/x',
      '/a/../internal/x',
      '/a/%2e%2e/internal/x',
    ]) {
      expect([403, 400]).toContain((await ask(path)).status);
    }
    expect(backend.total).toBe(0);
  });

  it('has a body larger than its rule allows', async () => {
    expect((await ask('/upload/a', { method: 'POST', body: '0123456789' })).status).toBe(200);
    const reply = await ask('/upload/a', { method: 'POST', body: '0123456789+' });
    expect([reply.status, backend.calls('/upload/a')]).toEqual([413, 1]);
    const chunked = await raw(
      'POST /upload/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
        'b\r\n0123456789+\r\n0\r\n\r\n',
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    // That says nothing of the backend.
    for (let call = 0; call < 5; call++)
      await ask('/upload/a', { method: 'POST', body: 'x'.repeat(11) });
    expect((await ask('/upload/a', { method: 'POST', body: 'x' })).status).toBe(200);
  });

  it('is for no rule', async () => {
    const narrow = await RunningGateway.start({
      backends: { api: { url: backend.url } },
      rules: [{ match: { path: '/api/**' }, backend: 'api' }],
    });
    expect((await get(narrow.port, '/api/a')).status).toBe(200);
    const reply = await get(narrow.port, '/other');
    expectAnswer(reply, 404, '{"error":"not found"}');
    expect(backend.total).toBe(1);
    await narrow.close();
  });

  it('loses what would have it switch to another protocol, where its rule names none', async () => {
    const text = await raw(
      'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    const { headers } = backend.lastOf('/ws');
    expect([headers.upgrade, /upgrade/i.test(headers.connection ?? '')]).toEqual([
      undefined,
      false,
    ]);
  });
});

/** What comes back for bytes as they are, until the connection ends. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
  });
}
