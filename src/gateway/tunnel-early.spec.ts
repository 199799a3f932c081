import type { IncomingMessage } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../backend/testing/raw-backend.js';
import { TunnelFixture } from './testing/tunnel-fixture.js';

const fixture = new TunnelFixture();

const PATIENT = { connectMs: 5_000, headMs: 5_000, idleMs: 5_000 };
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

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('N1, N2: interim answers and expectations', () => {
  it('the expectation goes to the backend, its 100 to the client, and then the body', async () => {
    fixture.backend.script = (socket) => {
      if (!received().endsWith('abc')) socket.write('HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n');
      else socket.write(OK);
    };
    const client = fixture.client(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
    expect(await client.until(has('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n');
    expect(received()).toContain('\r\nExpect: 100-continue\r\n');
    client.socket.write('abc');
    await client.until((text) => text.endsWith('ok'));
  });

  it('of a backend that asks for nothing, nothing is asked', async () => {
    fixture.backend.script = () => undefined;
    const client = fixture.client(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
    while (received() === '') await setImmediate();
    await setTimeout(20);
    expect(client.text).toBe('');
    fixture.backend.script = (socket) => socket.write(OK);
    client.socket.write('abc');
    await client.until((text) => text.endsWith('ok'));
  });

  it('a refusal comes at once, and closes the connection on which the body is not to come', async () => {
    answerRaw('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    const client = fixture.client(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
    expect(await client.closed()).toBe('end');
    expect(client.text).toMatch(/^HTTP\/1.1 417 .*\r\nConnection: close\r\n/s);
  });

  it('others are handed on as they come, but not to a client that knows none', async () => {
    const answer = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}`;
    answerRaw(answer);
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    const text = await client.until((all) => all.endsWith('ok'));
    expect(text).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1.1 102 Processing\r\n\r\nHTTP\/1.1 200 OK/,
    );
    answerRaw(answer);
    const old = fixture.client('POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n');
    expect(await old.until((all) => all.endsWith('ok'))).toMatch(/^HTTP\/1.1 200 OK/);
  });

  it('who reads a body that is not for a tunnel has it sent', async () => {
    fixture.server.removeAllListeners('request');
    fixture.server.on('request', (request, response) => {
      void bodyOf(request).then((body) => response.end(body));
    });
    const client = fixture.client(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
    expect(await client.until(has('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.socket.write('abc');
    await client.until((text) => text.endsWith('abc\r\n0\r\n\r\n') || text.endsWith('abc'));
  });
});

describe('N4: an early answer', () => {
  const UPLOAD = `${POST}Content-Length: 100000000\r\n\r\n`;

  it('is handed on at once, arrives, and ends upload and connection', async () => {
    answerRaw('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
    const client = fixture.client(UPLOAD);
    const writing = (async () => {
      while (client.ending === undefined && client.socket.writable) {
        client.socket.write(Buffer.alloc(65_536));
        await setImmediate();
      }
    })();
    await client.until((text) => text.endsWith('no'));
    expect(client.text).toMatch(/^HTTP\/1.1 413 .*\r\nConnection: close\r\n/s);
    client.socket.destroy();
    await writing;
    expect(await fixture.outcome()).toMatchObject({ status: 413, error: undefined });
    await fixture.backend.firstConnectionClosed();
  });

  it('ends the connection even if the client goes on', async () => {
    answerRaw('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    const client = fixture.client(UPLOAD);
    expect(await client.closed()).toBe('end');
    const timer = setInterval(() => client.socket.write('x'), 20);
    await new Promise((resolve) => client.socket.once('close', resolve));
    clearInterval(timer);
  });

  it('a body that names more than is allowed asks nobody', async () => {
    fixture.options = { maxBodyBytes: 10 };
    const client = fixture.client(`${POST}Content-Length: 11\r\n\r\n`);
    expect(await client.until(has('\r\n\r\n'))).toMatch(
      /^HTTP\/1.1 413 .*\r\nConnection: close\r\n/s,
    );
    expect(fixture.backend.connections).toHaveLength(0);
  });

  it('a body that turns out to be larger than is allowed ends there', async () => {
    fixture.options = { maxBodyBytes: 10 };
    const client = fixture.client(`${POST}Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n`);
    while (!received().includes('12345678')) await setImmediate();
    client.socket.write('8\r\n12345678\r\n');
    expect(await client.until(has('\r\n\r\n'))).toMatch(
      /^HTTP\/1.1 413 .*\r\nConnection: close\r\n/s,
    );
    expect((await fixture.outcome()).error?.failure).toBe('too-large');
    await fixture.backend.firstConnectionClosed();
  });
});

describe('leaving, and time', () => {
  it.each(['before the head', 'within the answer'])(
    'N4: a client that leaves %s ends the call',
    async (when) => {
      answerRaw(when === 'before the head' ? '' : 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha');
      const client = fixture.client(`${POST}Content-Length: 3\r\n\r\nabc`);
      while (!received().endsWith('abc')) await setImmediate();
      if (when !== 'before the head') await client.until(has('ha'));
      client.socket.destroy();
      expect((await fixture.outcome()).error?.failure).toBe('aborted');
      await fixture.backend.firstConnectionClosed();
    },
  );

  it.each([
    ['head', '', 504],
    ['idle', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha', 200],
    ['total', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha', 200],
  ])('ends a call that waits too long: %s', async (phase, answer, status) => {
    fixture.options = { timeouts: { ...PATIENT, [`${phase}Ms`]: 40 } };
    answerRaw(answer);
    const client = fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    const { error } = await fixture.outcome();
    expect([error?.failure, error?.phase]).toEqual(['timeout', phase]);
    expect(await client.until(has('\r\n\r\n'))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('waits for a body as long as it keeps coming, and then for the head', async () => {
    fixture.options = { timeouts: { connectMs: 5_000, headMs: 80, idleMs: 5_000 } };
    fixture.backend.script = (socket) => received().endsWith('abcdef') && socket.write(OK);
    const client = fixture.client(`${POST}Content-Length: 6\r\n\r\n`);
    for (const piece of 'abcdef') {
      await setTimeout(30);
      client.socket.write(piece);
    }
    await client.until((text) => text.endsWith('ok'));
  });

  it('does not blame the backend for a client that stops', async () => {
    fixture.options = { timeouts: { ...PATIENT, idleMs: 40 } };
    fixture.backend.script = () => undefined;
    const client = fixture.client(`${POST}Content-Length: 9\r\n\r\nabc`);
    expect((await fixture.outcome()).error?.failure).toBe('stalled');
    expect(await client.until(has('\r\n\r\n'))).toMatch(
      /^HTTP\/1.1 408 .*\r\nConnection: close\r\n/s,
    );
  });

  it('tells of a backend that is not there, after those that are as good', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    fixture.target = { origin };
    const client = fixture.client(`${POST}Content-Length: 3\r\n\r\nabc`);
    expect(await client.until(has('\r\n\r\n'))).toMatch(/^HTTP\/1.1 502 /);
    expect((await fixture.outcome()).error?.failure).toBe('refused');
    fixture.target = { origin, otherOrigins: [fixture.backend.url] };
    fixture.backend.script = (socket) => received().endsWith('abc') && socket.write(OK);
    await fixture
      .client(`${POST}Content-Length: 3\r\n\r\nabc`)
      .until((text) => text.endsWith('ok'));
  });

  it('tells of a name that leads nowhere, and of a connection that closes without an answer', async () => {
    fixture.target = { origin: 'http://nowhere.invalid' };
    fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    expect((await fixture.outcome()).error?.failure).toBe('unreachable');
    fixture.target = {};
    fixture.backend.script = (socket) => socket.end();
    fixture.client(`${POST}Content-Length: 0\r\n\r\n`);
    expect((await fixture.outcome()).error?.failure).toBe('closed');
  });
});
