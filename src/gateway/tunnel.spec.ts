import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as ask } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { TunnelFixture } from './testing/tunnel-fixture.js';

const fixture = new TunnelFixture();

const has = (part: string) => (text: string) => text.includes(part);

/** Answers the first bytes of each connection so, and keeps what comes. */
function answerRaw(text: string): void {
  let isAnswered = false;
  fixture.backend.script = (socket) => {
    if (!isAnswered) socket.write(text, 'latin1');
    isAnswered = true;
  };
}

const received = () => fixture.backend.heads.join('');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POST = 'POST /a?%zz HTTP/1.1\r\nHost: a.example\r\n';

describe('N2: a request with a body', () => {
  it('is sent byte for byte, counted as it was', async () => {
    fixture.backend.script = (socket) => received().endsWith('abc') && socket.write(OK);
    const client = fixture.client(`${POST}X-b: \xe9\r\nX-B: 2\r\nContent-Length: 3\r\n\r\nabc`);
    await client.until((text) => text.endsWith('ok'));
    expect(received()).toBe(
      `POST /a?%zz HTTP/1.1\r\nHost: 127.0.0.1:${fixture.backend.port}\r\nX-b: \xe9\r\nX-B: 2\r\n` +
        'Content-Length: 3\r\nConnection: keep-alive\r\n\r\nabc',
    );
    expect(await fixture.outcome()).toMatchObject({ status: 200, error: undefined });
  });

  it('is sent in chunks where it came in chunks, with its trailers', async () => {
    fixture.backend.script = (socket) =>
      received().endsWith('\r\n\r\n') && received().includes('\r\n0\r\n') && socket.write(OK);
    const client = fixture.client(
      `${POST}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nTE: trailers\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: \xe9\r\nHost: evil\r\n\r\n`,
    );
    await client.until((text) => text.endsWith('ok'));
    expect(received()).toMatch(
      /\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: keep-alive, TE\r\n/,
    );
    expect(received()).toMatch(/\r\n3\r\nabc\r\n0\r\nX-Sum: \xe9\r\n\r\n$/);
  });

  it('that is empty says so, and others name no length that they do not have', async () => {
    answerRaw(OK);
    await fixture.client(`${POST}\r\n`).until((text) => text.endsWith('ok'));
    expect(received()).toContain('\r\nContent-Length: 0\r\n');
    answerRaw(OK);
    await fixture
      .client('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')
      .until((text) => text.endsWith('ok'));
    expect(fixture.backend.heads.at(-1)).toMatch(/^OPTIONS \* HTTP\/1.1\r\n(?!.*content-length)/is);
  });

  it('goes on the same connection as the one before', async () => {
    fixture.backend.script = (socket) => socket.write(OK);
    for (let at = 0; at < 3; at++) {
      const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
      await client.until((text) => text.endsWith('ok'));
      await setImmediate();
    }
    expect(fixture.backend.connections).toHaveLength(1);
  });

  it('N4: streams both ways, at the pace of the slower side, in little memory', async () => {
    await fixture.serve((request, response) => {
      response.writeHead(200, { 'X-Echo': '1' });
      request.pipe(response);
    });
    const size = 64 * 2 ** 20;
    const chunk = randomBytes(2 ** 20);
    const sum = createHash('sha256');
    const echoed = createHash('sha256');
    const sent = ask({ port: fixture.port, method: 'PUT' });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    const written = (async () => {
      for (let at = 0; at < size; at += chunk.length) {
        sum.update(chunk);
        if (!sent.write(chunk)) await once(sent, 'drain');
      }
      sent.end();
    })();
    const [incoming] = await answered;
    // The reader waits: nobody takes in what nobody takes out.
    await setTimeout(100);
    expect(sent.writableLength).toBeGreaterThan(0);
    let bytes = 0;
    for await (const piece of incoming) {
      echoed.update(piece as Buffer);
      bytes += (piece as Buffer).length;
    }
    await written;
    expect(bytes).toBe(size);
    expect(echoed.digest('hex')).toBe(sum.digest('hex'));
    expect(await fixture.outcome()).toMatchObject({ status: 200, error: undefined });
  });
});

describe('the answer', () => {
  it('is handed on byte for byte, with its length, its reason and its fields in their order', async () => {
    answerRaw(
      'HTTP/1.1 299 Fine\r\nDate: now\r\nX: \xe9\xff\r\nSet-Cookie: a\r\nConnection: x-hop\r\nX-Hop: 1\r\n' +
        'Content-Disposition: attachment; filename="\xe9\xc3\xa9"\r\nset-cookie: b\r\nContent-Length: 2\r\n\r\nok',
    );
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    await client.until((text) => text.endsWith('ok'));
    expect(client.text.replace(/Connection: keep-alive\r\nKeep-Alive: .*\r\n/, '')).toBe(
      'HTTP/1.1 299 Fine\r\nDate: now\r\nX: \xe9\xff\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n' +
        'Content-Disposition: attachment; filename="\xe9\xc3\xa9"\r\nContent-Length: 2\r\n\r\nok',
    );
  });

  it('is handed on in chunks where its length is unknown, with its trailers', async () => {
    answerRaw(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: \xe9\r\n\r\n',
    );
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    await client.until((text) => text.endsWith('\r\n0\r\nX-Sum: \xe9\r\n\r\n'));
    expect(client.text).toMatch(/\r\nTrailer: X-Sum\r\n.*\r\nTransfer-Encoding: chunked\r\n/s);
  });

  it('is ended by the connection for a client that knows no chunks', async () => {
    answerRaw(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    );
    const client = fixture.client('POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n');
    expect(await client.closed()).toBe('end');
    expect(client.text).toMatch(/\r\n\r\nok$/);
    expect(client.text).not.toMatch(/chunked|trailer/i);
  });

  it.each([
    ['HEAD', '200 OK\r\nContent-Length: 9', /\r\nContent-Length: 9\r\n/],
    ['POST', '204 No Content\r\nContent-Length: 9', /^(?!.*content-length)/is],
    ['POST', '304 Not Modified\r\nETag: "a"', /\r\nETag: "a"\r\n/],
  ])('to %s with %s has no content', async (method, head, expected) => {
    answerRaw(`HTTP/1.1 ${head}\r\n\r\n`);
    const client = fixture.client(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    expect(await fixture.outcome()).toMatchObject({ error: undefined });
    const text = await client.until(has('\r\n\r\n'));
    expect(text).toMatch(expected);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('has the fields that it is given, and is known before it is written', async () => {
    const heads: number[] = [];
    fixture.options = {
      answerFields: (_status, fields) => [...fields, 'X-Ours', '1'],
      onHead: (status) => heads.push(status),
    };
    answerRaw(OK);
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    expect(await client.until((text) => text.endsWith('ok'))).toContain('\r\nX-Ours: 1\r\n');
    expect(heads).toEqual([200]);
  });

  it('comes as it comes: each piece at once', async () => {
    answerRaw('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    await client.until(has('\r\n\r\n'));
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      fixture.backend.connections[0]?.write(event);
      await client.until(has(event));
    }
  });
});

describe('N4, S11: what is not whole is never taken for whole', () => {
  const reset = (socket?: Socket) => socket?.resetAndDestroy();
  const fin = (socket?: Socket) => socket?.end();
  it.each([
    ['a counted body, ended early', 'Content-Length: 9\r\n\r\nha', fin, 'HTTP/1.1'],
    [
      'a body in chunks, ended early',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nha\r\n',
      fin,
      'HTTP/1.1',
    ],
    ['a body that an end delimits, reset', 'X: 1\r\n\r\nha', reset, 'HTTP/1.1'],
    ['a body that an end delimits, reset, for an old client', 'X: 1\r\n\r\nha', reset, 'HTTP/1.0'],
  ])('%s', async (_what, answer, finish, version) => {
    answerRaw(`HTTP/1.1 200 OK\r\n${answer}`);
    const client = fixture.client(`POST / ${version}\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    await client.until(has('ha'));
    finish(fixture.backend.connections[0]);
    const ending = await client.closed();
    expect(client.text).not.toMatch(/\r\n0\r\n\r\n$/);
    if (version === 'HTTP/1.0') expect(ending).toBe('reset');
    const { status, error } = await fixture.outcome();
    expect([status, error?.failure]).toEqual([200, 'truncated']);
  });

  it('an end that delimits a body is its end', async () => {
    answerRaw('HTTP/1.1 200 OK\r\n\r\nha');
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    await client.until(has('ha'));
    fixture.backend.connections[0]?.end();
    expect(await fixture.outcome()).toMatchObject({ status: 200, error: undefined });
    await client.until((text) => text.endsWith('\r\n0\r\n\r\n'));
  });

  it.each([
    ['invalid', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx'],
    ['invalid', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    ['invalid', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx'],
    ['invalid', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
    ['invalid', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['invalid', 'SSH-2.0\r\n'],
    ['invalid', 'HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 0\r\n\r\n'],
  ])('%s: %j is answered by us', async (failure, answer) => {
    answerRaw(answer);
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    expect(await client.until(has('\r\n\r\n'))).toMatch(/^HTTP\/1.1 502 /);
    expect((await fixture.outcome()).error?.failure).toBe(failure);
  });

  it('what comes behind a whole answer is part of none', async () => {
    answerRaw(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    await client.until((text) => text.endsWith('ok'));
    expect(await fixture.outcome()).toMatchObject({ status: 200, error: undefined });
    await fixture.backend.firstConnectionClosed();
  });
});
