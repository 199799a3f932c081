import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { BackendUnavailableError } from '../backend.errors.js';
import { newCallIds, traceparentOf } from '../call-ids.js';
import { never } from './client-fixture.js';
import type { ClientFixture } from './client-fixture.js';
import { RawBackend } from './raw-backend.js';

async function writeApart(socket: Socket, pieces: readonly string[]): Promise<void> {
  socket.setNoDelay(true);
  for (const piece of pieces) {
    socket.write(piece);
    await setImmediate();
  }
}

/** What a client sends, and what it takes for an answer, whatever carries the calls. */
export function promiseAnswers(fixture: ClientFixture): void {
  it('hands the bytes through untouched, whatever their encoding', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0, 0xff, 0xfe, 13, 10]);
    fixture.backend.answer(
      '200 OK\r\nContent-Length: 7\r\nContent-Type: x/y; a=B\r\nContent-Encoding: gzip',
      bytes,
    );
    const client = await fixture.connect();
    const { status, headers, body } = await client.get('/backend/a', never);
    expect({ status, headers, bytes: [...body] }).toEqual({
      status: 200,
      headers: [
        ['content-type', 'x/y; a=B'],
        ['content-encoding', 'gzip'],
      ],
      bytes: [...bytes],
    });
  });

  it('sends the path as it is given, and nothing but the call and its ids', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    const call = newCallIds();
    await (await fixture.connect()).get('/backend/%2E%2E', never, undefined, call);
    const [head = ''] = fixture.backend.heads;
    const [line, ...fields] = head.toLowerCase().trimEnd().split('\r\n');
    expect(line).toBe('get /backend/%2e%2e http/1.1');
    expect(head).toContain('GET /backend/%2E%2E HTTP/1.1');
    expect(fields.sort()).toEqual([
      'accept-encoding: identity',
      'accept: */*',
      'connection: keep-alive',
      `host: 127.0.0.1:${fixture.backend.port}`,
      `traceparent: ${traceparentOf(call)}`,
      'user-agent: breakwater',
      `x-request-id: ${call.flightId}`,
    ]);
  });

  it('gives each call ids of its own, which its error knows', async () => {
    fixture.backend.answer('503 Service Unavailable\r\nContent-Length: 0');
    const client = await fixture.connect();
    for (const index of [0, 1]) {
      const error: unknown = await client.get('/a', never).catch((reason: unknown) => reason);
      const { call } = error as BackendUnavailableError;
      const head = fixture.backend.heads[index]?.toLowerCase() ?? '';
      expect(head).toContain(`\r\nx-request-id: ${String(call?.flightId)}\r\n`);
      expect(head).toContain(`\r\ntraceparent: 00-${String(call?.traceId)}-`);
    }
    const flights = fixture.backend.heads.map((head) => /x-request-id: .*/i.exec(head)?.[0]);
    expect(new Set(flights).size).toBe(2);
  });

  it('sends the ids that a call is given in its headers, and goes on with their trace', async () => {
    fixture.backend.answer('503 Service Unavailable\r\nContent-Length: 0');
    const client = await fixture.connect();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const headers = { traceparent, 'X-Request-ID': 'mine' };
    const error: unknown = await client
      .get('/a', never, headers)
      .catch((reason: unknown) => reason);
    const head = fixture.backend.heads[0]?.toLowerCase() ?? '';
    expect(head.match(/traceparent: .*/g)).toEqual([`traceparent: ${traceparent}`]);
    expect(head.match(/x-request-id: .*/g)).toEqual(['x-request-id: mine']);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    expect((error as BackendUnavailableError).call).toMatchObject({ traceId });
  });

  it('leaves the trace to others where it is told to', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    await (await fixture.connect({ traceparent: false })).get('/a', never);
    const head = fixture.backend.heads[0]?.toLowerCase();
    expect(head).toContain('x-request-id: ');
    expect(head).not.toContain('traceparent');
  });

  it.each([
    ['%2e%2e', '/a/%2e%2e/b', '/a/%2e%2e/b'],
    ['a dot segment', '/a/../b', '/a/../b'],
    ['a query', '/a?b=/../c&d=%2F', '/a?b=/../c&d=%2F'],
    ['a fragment, which stays here', '/a#b', '/a'],
    ['two slashes', '//a//b', '//a//b'],
  ])('does not normalise %s', async (_what, url, path) => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    await (await fixture.connect()).get(url, never);
    expect(fixture.backend.heads[0]?.split('\r\n')[0]).toBe(`GET ${path} HTTP/1.1`);
  });

  it("keeps the base URL's path as a prefix", async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    const client = await fixture.connect({ baseUrl: `${fixture.backend.url}/v1` });
    await client.get('/backend/a', never);
    expect(fixture.backend.heads[0]?.split('\r\n')[0]).toBe('GET /v1/backend/a HTTP/1.1');
  });

  it.each([
    ['', '/'],
    ['?a=b', '/?a=b'],
    ['/a', '/a'],
  ])('puts nothing before an absolute URL that ends in %j', async (rest, path) => {
    const other = await RawBackend.start();
    other.answer('200 OK\r\nContent-Length: 0');
    await (await fixture.connect()).get(`${other.url}${rest}`, never);
    await other.close();
    expect(other.heads[0]?.split('\r\n')[0]).toBe(`GET ${path} HTTP/1.1`);
    expect(fixture.backend.connections).toHaveLength(0);
  });

  it('sends the headers of a call, in place of its own where they have the same name', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    const headers = { 'If-None-Match': '"1"', 'ACCEPT-ENCODING': 'gzip' };
    await (await fixture.connect()).get('/a', never, headers);
    const head = fixture.backend.heads[0]?.toLowerCase() ?? '';
    expect(head).toContain('if-none-match: "1"');
    expect(head.match(/accept-encoding: .*/g)).toEqual(['accept-encoding: gzip']);
    await fixture.client.get('/b', never);
    expect(fixture.backend.heads[1]?.toLowerCase()).not.toContain('if-none-match');
  });

  it('never lets a value of a header begin another one', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    const client = await fixture.connect();
    await client.get('/a', never, { 'x-a': 'b\r\nx-c: d' }).catch(() => undefined);
    expect(fixture.backend.heads.join('')).not.toMatch(/^x-c/im);
  });

  it('keeps a connection for the next call', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 2', 'ok');
    const client = await fixture.connect();
    await client.get('/a', never);
    // The pool takes its connection back after the answer has been handed out.
    await setImmediate();
    await client.get('/b', never);
    expect(fixture.backend.connections).toHaveLength(1);
  });

  it('takes redirects and client errors for answers', async () => {
    fixture.backend.answer('302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0');
    const client = await fixture.connect();
    const redirect = await client.get('/a', never);
    expect(redirect).toMatchObject({ status: 302, headers: [['location', '/elsewhere']] });
    fixture.backend.answer('404 Not Found\r\nContent-Length: 4', 'none');
    expect((await client.get('/a', never)).body.toString()).toBe('none');
  });

  it.each([
    ['204 No Content', ''],
    ['304 Not Modified', 'ETag: "1"\r\nContent-Length: 5000\r\n'],
    ['304 Not Modified', 'Transfer-Encoding: chunked\r\n'],
  ])('waits for no body after %s, though it says "%s"', async (status, fields) => {
    fixture.backend.answer(`${status}\r\n${fields}X: y`);
    const client = await fixture.connect({ maxBodyBytes: 100 });
    const answer = await client.get('/a', never);
    expect(answer).toMatchObject({ status: Number.parseInt(status), body: Buffer.alloc(0) });
    fixture.backend.answer('200 OK\r\nContent-Length: 4', 'next');
    expect((await client.get('/a', never)).body.toString()).toBe('next');
  });

  it.each<[string, string[]]>([
    ['103', ['103 Early Hints\r\nLink: </a>']],
    ['100', ['100 Continue']],
    ['100 with fields', ['100 Continue\r\nServer: x\r\nContent-Length: 5']],
    [
      'several',
      ['100 Continue', '103 Early Hints\r\nLink: </a>', '102 Processing', '100 Continue'],
    ],
  ])('waits past interim answers: %s', async (_what, interim) => {
    const heads = [...interim, '200 OK\r\nContent-Length: 2'];
    const answer = `${heads.map((head) => `HTTP/1.1 ${head}\r\n\r\n`).join('')}ok`;
    const client = await fixture.connect();
    for (const pieces of [[answer], answer.split(/(?=HTTP)/), [...answer]]) {
      fixture.backend.script = (socket) => void writeApart(socket, pieces);
      // The pool takes its connection back after the answer has been handed out.
      await setImmediate();
      const { status, headers, body } = await client.get('/a', never);
      expect({ status, headers, body: body.toString() }).toEqual({
        ...{ status: 200, headers: [], body: 'ok' },
      });
    }
    expect(fixture.backend.connections).toHaveLength(1);
  });

  it('leaves a body as it is that looks like an interim answer', async () => {
    const body = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100';
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
    const client = await fixture.connect();
    for (const pieces of [[head + body], [head, body], [...(head + body)]]) {
      fixture.backend.script = (socket) => void writeApart(socket, pieces);
      expect((await client.get('/a', never)).body.toString()).toBe(body);
    }
  });

  it.each([
    [
      'chunks',
      '1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n5;x=y\r\n more\r\n0\r\n\r\n',
    ],
    [
      'chunks and trailers',
      '1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nsome more\r\n0\r\nETag: "1"\r\n\r\n',
    ],
    ['the end of the connection', '1.1 200 OK\r\n\r\nsome more'],
    ['HTTP/1.0', '1.0 200 OK\r\n\r\nsome more'],
  ])('reads a body that ends by %s', async (_what, answer) => {
    fixture.backend.script = (socket) => socket.end(`HTTP/${answer}`);
    const { headers, body } = await (await fixture.connect()).get('/a', never);
    expect({ headers, body: body.toString() }).toEqual({ headers: [], body: 'some more' });
  });

  it('puts a body together that comes in pieces', async () => {
    const body = Buffer.alloc(3_000_000, 'piece by piece ');
    fixture.backend.answer(`200 OK\r\nContent-Length: ${body.length}`, body);
    const answer = await (await fixture.connect()).get('/a', never);
    expect(answer.body.equals(body)).toBe(true);
  });

  it.each([
    ['none', '', []],
    ['one', 'Set-Cookie:  a=b; Path=/ \t\r\n', ['a=b; Path=/']],
    ['several', 'Set-Cookie: a=b, c\r\nset-cookie: d=e\r\n', ['a=b, c', 'd=e']],
  ])('sets cookies apart: %s', async (_what, fields, cookies) => {
    fixture.backend.answer(`200 OK\r\n${fields}Content-Length: 0`);
    const answer = await (await fixture.connect()).get('/a', never);
    expect(answer).toMatchObject({ cookies, headers: [] });
  });

  it('joins a repeated header, and keeps back what Connection nominates', async () => {
    fixture.backend.answer(
      '200 OK\r\nVary: a\r\nConnection: keep-alive, ETag\r\nETag: "1"\r\nVARY:  b \r\nContent-Length: 0',
    );
    const { headers } = await (await fixture.connect()).get('/a', never);
    expect(headers).toEqual([['vary', 'a, b']]);
  });

  it('takes any name for a header, and bytes beyond ASCII for a value', async () => {
    const names = ['__proto__', '__proto__', 'constructor', 'get', 'set', 'toJSON', 'normalize'];
    const fields = names.map((name) => `${name}: x\r\n`).join('');
    const head = `200 OK\r\n${fields}ETag: "\xe9"\r\nContent-Length: 0`;
    fixture.backend.script = (socket) => socket.write(`HTTP/1.1 ${head}\r\n\r\n`, 'latin1');
    const { headers } = await (await fixture.connect()).get('/a', never);
    expect(headers).toEqual([['etag', '"\xe9"']]);
  });

  it('survives bytes after the end of an answer', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 2', 'ok and more');
    const client = await fixture.connect();
    expect((await client.get('/a', never)).body.toString()).toBe('ok');
    fixture.backend.answer('200 OK\r\nContent-Length: 4', 'next');
    expect((await client.get('/a', never)).body.toString()).toBe('next');
  });

  it('survives a connection that has been closed since the last call', async () => {
    fixture.backend.script = (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const client = await fixture.connect();
    await client.get('/a', never);
    await fixture.backend.firstConnectionClosed();
    expect((await client.get('/b', never)).body.toString()).toBe('ok');
  });
}
