import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { BackendClient } from './backend.client.js';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import { BackendModule } from './backend.module.js';
import type { BackendModuleOptions } from './backend-options.interface.js';

const never = new AbortController().signal;

describe('BackendClient', () => {
  let server: Server;
  let connections: Socket[];
  let heads: string[];
  let app: TestingModule;
  let client: BackendClient;

  /** What the backend does with each request: raw bytes, so that it can be as wrong as it likes. */
  let script: (socket: Socket) => void;

  async function connect(options: BackendModuleOptions = {}): Promise<BackendClient> {
    const { port } = server.address() as AddressInfo;
    app = await Test.createTestingModule({
      imports: [BackendModule.forRoot({ baseUrl: `http://127.0.0.1:${port}`, ...options })],
    }).compile();
    client = app.get(BackendClient);
    return client;
  }

  beforeEach(async () => {
    connections = [];
    heads = [];
    server = createServer((socket) => {
      connections.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heads.push(bytes.toString('latin1'));
        script(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    await app.close();
    for (const socket of connections) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  function answer(head: string, body: string | Buffer = ''): void {
    script = (socket) => {
      socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${head}\r\n\r\n`), Buffer.from(body)]));
    };
  }

  it('hands the bytes through untouched, whatever their encoding', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0, 0xff, 0xfe, 13, 10]);
    answer(
      '200 OK\r\nContent-Length: 7\r\nContent-Type: x/y; a=B\r\nContent-Encoding: gzip',
      bytes,
    );
    const { status, headers, body } = await (await connect()).get('/backend/a', never);
    expect({ status, headers, bytes: [...body] }).toEqual({
      status: 200,
      headers: [
        ['content-type', 'x/y; a=B'],
        ['content-encoding', 'gzip'],
      ],
      bytes: [...bytes],
    });
  });

  it('sends the path as it is given, and nothing but the call', async () => {
    answer('200 OK\r\nContent-Length: 0');
    await (await connect()).get('/backend/%2E%2E', never);
    expect(heads[0]?.split('\r\n')[0]).toBe('GET /backend/%2E%2E HTTP/1.1');
    expect(heads[0]?.toLowerCase()).not.toMatch(/cookie|authorization|x-forwarded|x-request-id/);
    expect(heads[0]?.toLowerCase()).toContain('accept-encoding: identity');
  });

  it("keeps the base URL's path as a prefix", async () => {
    answer('200 OK\r\nContent-Length: 0');
    const { port } = server.address() as AddressInfo;
    await (await connect({ baseUrl: `http://127.0.0.1:${port}/v1` })).get('/backend/a', never);
    expect(heads[0]?.split('\r\n')[0]).toBe('GET /v1/backend/a HTTP/1.1');
  });

  it('keeps a connection for the next call', async () => {
    answer('200 OK\r\nContent-Length: 2', 'ok');
    await connect();
    await client.get('/a', never);
    // The pool takes its connection back after the answer has been handed out.
    await setImmediate();
    await client.get('/b', never);
    expect(connections).toHaveLength(1);
  });

  it('takes redirects and client errors for answers', async () => {
    answer('302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0');
    const redirect = await (await connect()).get('/a', never);
    expect(redirect).toMatchObject({ status: 302, headers: [['location', '/elsewhere']] });
    answer('404 Not Found\r\nContent-Length: 4', 'none');
    expect((await client.get('/a', never)).body.toString()).toBe('none');
  });

  it.each([
    [
      '500',
      (socket: Socket) => socket.write('HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret'),
    ],
    [
      'a status that does not exist',
      (socket: Socket) => socket.write('HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n'),
    ],
    ['a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['an end without an answer', (socket: Socket) => socket.end()],
    ['an end inside the head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-')],
    [
      'an end inside a counted body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
    [
      'an end inside a chunked body',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'),
    ],
    ['garbage', (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
    [
      'an unasked 101',
      (socket: Socket) =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
        ),
    ],
    [
      'a header without end',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`),
    ],
  ])('takes %s for an unavailable backend', async (_what, act) => {
    script = act;
    await expect((await connect()).get('/a', never)).rejects.toThrow(BackendUnavailableError);
  });

  it('takes a refused connection for an unavailable backend', async () => {
    const { port } = server.address() as AddressInfo;
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const free = (other.address() as AddressInfo).port;
    other.close();
    await once(other, 'close');
    expect(free).not.toBe(port);
    await connect({ baseUrl: `http://127.0.0.1:${free}` });
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
  });

  it('survives bytes after the end of an answer', async () => {
    answer('200 OK\r\nContent-Length: 2', 'ok and more');
    await connect();
    expect((await client.get('/a', never)).body.toString()).toBe('ok');
    answer('200 OK\r\nContent-Length: 4', 'next');
    expect((await client.get('/a', never)).body.toString()).toBe('next');
  });

  it.each([
    ['announced', 'Content-Length: 99\r\n\r\n1'],
    ['found while reading', 'Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n'],
  ])('refuses a body over the limit, %s, and does not wait for its end', async (_what, rest) => {
    script = (socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`);
    await connect({ maxBodyBytes: 10 });
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
    const [socket] = connections;
    if (socket && !socket.destroyed) await once(socket, 'close');
  });

  it('accepts a body of exactly the limit', async () => {
    answer('200 OK\r\nContent-Length: 10', '1234567890');
    await connect({ maxBodyBytes: 10 });
    expect((await client.get('/a', never)).body).toHaveLength(10);
  });

  it.each([
    ['says nothing', () => undefined],
    [
      'never finishes',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
  ])('gives up on a backend that %s, and closes its connection', async (_what, act) => {
    script = act;
    await connect({ timeoutMs: 50 });
    await expect(client.get('/a', never)).rejects.toThrow(BackendTimeoutError);
    const [socket] = connections;
    if (socket && !socket.destroyed) await once(socket, 'close');
  });

  it("ends the call with the caller's reason when the caller aborts it", async () => {
    const caller = new AbortController();
    const reason = new Error('gone');
    script = () => {
      caller.abort(reason);
    };
    await connect();
    await expect(client.get('/a', caller.signal)).rejects.toBe(reason);
    const [socket] = connections;
    if (socket && !socket.destroyed) await once(socket, 'close');
    await expect(client.get('/a', caller.signal)).rejects.toBe(reason);
    expect(heads).toHaveLength(1);
  });

  it("says nothing of the backend in its errors' answers", async () => {
    answer('500 Oops\r\nContent-Length: 6', 'secret');
    const error = await (await connect()).get('/a', never).catch((reason: unknown) => reason);
    expect((error as BackendUnavailableError).getResponse()).toEqual({
      error: 'backend unavailable',
    });
  });
});
