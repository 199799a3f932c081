import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient, TunnelFixture } from './testing/tunnel-fixture.js';

const fixture = new TunnelFixture();
const has = (part: string) => (text: string) => text.includes(part);

const ASK =
  'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nX-Key: \xe9\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Accept: \xe9\r\n\r\n';

/** Has the backend switch, and from then on do so with what comes. */
function switchTo(next: (socket: Socket, text: string) => void, behind = ''): void {
  fixture.backend.script = (socket) => {
    const text = fixture.backend.heads.at(-1) ?? '';
    if (!text.startsWith('GET ')) next(socket, text);
    else socket.write(SWITCH + behind, 'latin1');
  };
}

const echo = (socket: Socket, text: string) => socket.write(text, 'latin1');

beforeEach(() => {
  fixture.options = { upgrades: new Set(['websocket']) };
});

describe('an upgrade that is listed', () => {
  it('switches, and then each side has what the other says, byte for byte', async () => {
    switchTo(echo);
    const client = fixture.client(ASK);
    const head = await client.until(has('\r\n\r\n'));
    expect(head).toMatch(
      /^HTTP\/1.1 101 Switching Protocols\r\nX-Accept: \xe9\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/,
    );
    expect(fixture.backend.heads[0]).toMatch(
      /\r\nX-Key: \xe9\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n$/,
    );
    client.socket.write('\xff\x00hello', 'latin1');
    expect(await client.until(has('hello'))).toBe(`${head}\xff\x00hello`);
  });

  it('loses nothing that comes with either head', async () => {
    switchTo(echo, 'welcome');
    const client = fixture.client(`${ASK}early`);
    await client.until(has('welcome'));
    await client.until(has('early'));
  });

  it('carries megabytes, at the pace of the slower side', async () => {
    const body = 'x'.repeat(8 * 2 ** 20);
    switchTo((socket) => socket.end(body));
    const client = fixture.client(ASK);
    await client.until(has('\r\n\r\n'));
    client.socket.pause();
    client.socket.write('go');
    await setTimeout(50);
    client.socket.resume();
    expect(await client.closed()).toBe('end');
    expect(client.text.length).toBeGreaterThan(body.length);
    expect(client.text.endsWith('xx')).toBe(true);
  });

  it.each(['client', 'backend'])(
    'lets the other side finish when the %s has said all',
    async (first) => {
      const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      fixture.target = { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
      const client = fixture.client(ASK);
      const [socket] = (await once(server, 'connection')) as [Socket];
      server.close();
      await once(socket, 'data');
      socket.write(SWITCH, 'latin1');
      const backend = new RawClient(socket);
      await client.until(has('\r\n\r\n'));
      const [one, other] = first === 'client' ? [client, backend] : [backend, client];
      one.socket.end('last');
      await other.until(has('last'));
      expect(await other.closed()).toBe('end');
      await setTimeout(20);
      other.socket.end('answer');
      await one.until(has('answer'));
      expect(await one.closed()).toBe('end');
      expect(await fixture.outcome()).toMatchObject({ status: 101, error: undefined });
    },
  );

  it('ends a side that is silent for long after the other has said all', async () => {
    fixture.options = {
      ...fixture.options,
      timeouts: { connectMs: 5_000, headMs: 5_000, idleMs: 40 },
    };
    switchTo(echo);
    const client = fixture.client(ASK);
    await client.until(has('\r\n\r\n'));
    await setTimeout(100);
    expect(client.ending).toBeUndefined();
    fixture.backend.connections[0]?.end();
    expect(await fixture.outcome()).toMatchObject({ status: 101, error: undefined });
    expect(client.ending).toBe('end');
  });

  it('is over for both, and for whoever comes then, when connections are to end', async () => {
    switchTo(echo);
    const client = fixture.client(ASK);
    await client.until(has('\r\n\r\n'));
    fixture.tunnels.hangUp();
    expect(await client.closed()).toBe('end');
    expect(await fixture.outcome()).toMatchObject({ status: 101 });
    const late = fixture.client(ASK);
    await late.until(has('\r\n\r\n'));
    expect(await late.closed()).toBe('end');
    // Whoever does not take the hint has it taken.
    expect(await fixture.outcome()).toMatchObject({ status: 101 });
  });

  it.each(['client', 'backend'])('is over for both when the %s is gone', async (who) => {
    switchTo(echo);
    const client = fixture.client(ASK);
    await client.until(has('\r\n\r\n'));
    const [backend] = fixture.backend.connections;
    const [gone, left] = who === 'client' ? [client.socket, backend!] : [backend!, client.socket];
    const closed = new Promise((resolve) => left.once('close', resolve));
    gone.resetAndDestroy();
    await closed;
    const { status, error } = await fixture.outcome();
    expect([status, error?.failure]).toEqual([101, 'truncated']);
  });

  it('is over when all tunnels are', async () => {
    switchTo(echo);
    const client = fixture.client(ASK);
    await client.until(has('\r\n\r\n'));
    fixture.tunnels.close();
    await client.closed();
    await fixture.backend.firstConnectionClosed();
  });

  it.each([
    ['refuses', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', /^HTTP\/1.1 403 .*no$/s],
    [
      'answers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
      /^HTTP\/1.1 200 .*no\r\n0\r\n\r\n$/s,
    ],
  ])('a backend that %s is heard, and the connection closed', async (_what, answer, expected) => {
    fixture.backend.script = (socket) => socket.write(answer);
    const client = fixture.client(ASK);
    expect(await client.closed()).toBe('end');
    expect(client.text).toMatch(expected);
    expect(client.text).toMatch(/\r\nConnection: close\r\n/);
    expect(await fixture.outcome()).toMatchObject({ error: undefined });
  });

  it.each([
    ['to something else', SWITCH.replace('websocket', 'h2c')],
    ['to nothing', SWITCH.replace('Upgrade: websocket', 'X: y')],
    ['with what cannot be written', SWITCH.replace('\xe9', '\x01')],
  ])('a backend that switches %s is not followed', async (_what, answer) => {
    fixture.backend.script = (socket) => socket.write(answer, 'latin1');
    const client = fixture.client(ASK);
    expect(await client.until(has('\r\n\r\n'))).toMatch(/^HTTP\/1.1 502 /);
    await fixture.backend.firstConnectionClosed();
  });

  it('a client that leaves before is not waited for', async () => {
    fixture.backend.script = () => undefined;
    const client = fixture.client(ASK);
    while (fixture.backend.heads.length === 0) await setImmediate();
    client.socket.destroy();
    expect((await fixture.outcome()).error?.failure).toBe('aborted');
    await fixture.backend.firstConnectionClosed();
  });
});

describe('an upgrade that is not listed', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it('N2: is dropped: a plain answer, and the connection goes on', async () => {
    fixture.options = {};
    fixture.backend.script = (socket) => socket.write(OK);
    const client = fixture.client(ASK);
    await client.until((text) => text.endsWith('ok'));
    expect(fixture.backend.heads[0]).not.toMatch(/upgrade/i);
    client.socket.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.endsWith('ok') && text.split('HTTP/1.1 200').length === 3);
  });

  it('has its body read, as any other', async () => {
    fixture.backend.script = (socket) =>
      fixture.backend.heads.join('').endsWith('abc') && socket.write(OK);
    const client = fixture.client(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nContent-Length: 3\r\n\r\nabc',
    );
    await client.until((text) => text.endsWith('ok'));
    expect(fixture.backend.heads.join('')).not.toMatch(/h2c/i);
  });
});

it('N4: CONNECT is refused', async () => {
  const client = fixture.client('CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n');
  expect(await client.closed()).toBe('end');
  expect(client.text).toMatch(/^HTTP\/1.1 405 /);
});
