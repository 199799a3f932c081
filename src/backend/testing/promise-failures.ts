import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { BackendTimeoutError, BackendUnavailableError } from '../backend.errors.js';
import { never } from './client-fixture.js';
import type { ClientFixture } from './client-fixture.js';
import { freePort } from './raw-backend.js';

/** What a client makes of a backend that gives no usable answer, whatever carries the calls. */
export function promiseFailures(fixture: ClientFixture): void {
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
      'an end inside a counted body, announced',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
    [
      'an end inside a chunked body',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'),
    ],
    [
      'a reset inside a body that an end delimits',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => {
          setTimeout(() => socket.resetAndDestroy(), 20);
        }),
    ],
    [
      'an end after an interim answer',
      (socket: Socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
    ],
    [
      'lengths that contradict each other',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
    ],
    [
      'a length beside chunks',
      (socket: Socket) =>
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
        ),
    ],
    [
      'a length that is no number',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\na'),
    ],
    [
      'a control character in a header',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\nETag: "\x01"\r\nContent-Length: 0\r\n\r\n'),
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
    fixture.backend.script = act;
    await expect((await fixture.connect()).get('/a', never)).rejects.toThrow(
      BackendUnavailableError,
    );
  });

  it('takes a refused connection for an unavailable backend', async () => {
    const client = await fixture.connect({ baseUrl: `http://127.0.0.1:${await freePort()}` });
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
  });

  it('takes a URL that leads nowhere for an unavailable backend', async () => {
    const client = await fixture.connect({ baseUrl: '' });
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
    await expect(client.get('http://a b', never)).rejects.toThrow(BackendUnavailableError);
  });

  it.each([
    ['announced', 'Content-Length: 99\r\n\r\n1'],
    ['found while reading', 'Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n'],
    ['found at its end', 'Connection: close\r\n\r\n12345678901'],
    [
      'all there at once',
      'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n',
    ],
  ])('refuses a body over the limit, %s, and does not wait for its end', async (_what, rest) => {
    fixture.backend.script = (socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`);
    const client = await fixture.connect({ maxBodyBytes: 10 });
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
    await fixture.backend.firstConnectionClosed();
    fixture.backend.answer('200 OK\r\nContent-Length: 4', 'next');
    expect((await client.get('/a', never)).body.toString()).toBe('next');
  });

  it('accepts a body of exactly the limit', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 10', '1234567890');
    const client = await fixture.connect({ maxBodyBytes: 10 });
    expect((await client.get('/a', never)).body).toHaveLength(10);
  });

  it.each([
    ['says nothing', () => undefined],
    [
      'never finishes',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
  ])('gives up on a backend that %s, and closes its connection', async (_what, act) => {
    fixture.backend.script = act;
    const client = await fixture.connect({ timeoutMs: 50 });
    await expect(client.get('/a', never)).rejects.toThrow(BackendTimeoutError);
    await fixture.backend.firstConnectionClosed();
  });

  it('gives up on a backend that no connection comes about with', async () => {
    const baseUrl = fixture.backend.url.replace('http:', 'https:');
    const client = await fixture.connect({ baseUrl, timeoutMs: 50 });
    // It never answers the greeting of TLS.
    await expect(client.get('/a', never)).rejects.toThrow(BackendTimeoutError);
  });

  it("ends the call with the caller's reason when the caller aborts it", async () => {
    const caller = new AbortController();
    const reason = new Error('gone');
    fixture.backend.script = () => {
      caller.abort(reason);
    };
    const client = await fixture.connect();
    await expect(client.get('/a', caller.signal)).rejects.toBe(reason);
    await fixture.backend.firstConnectionClosed();
    await expect(client.get('/a', caller.signal)).rejects.toBe(reason);
    expect(fixture.backend.heads).toHaveLength(1);
  });

  it('ends a call before it has a connection, and inside the body', async () => {
    const client = await fixture.connect();
    const early = new AbortController();
    const refused = client.get('/a', early.signal);
    early.abort('early');
    await expect(refused).rejects.toBe('early');

    const late = new AbortController();
    fixture.backend.script = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => {
        setImmediate(() => late.abort('late'));
      });
    };
    await expect(client.get('/a', late.signal)).rejects.toBe('late');
  });

  it('leaves other calls alone when one is aborted', async () => {
    const caller = new AbortController();
    const client = await fixture.connect();
    let arrived = 0;
    const both = new Promise<void>((resolve) => {
      fixture.backend.script = () => {
        arrived += 1;
        if (arrived === 2) resolve();
      };
    });
    const left = client.get('/left', caller.signal);
    const stays = client.get('/stays', never);
    await both;
    caller.abort('gone');
    await expect(left).rejects.toBe('gone');
    const isStaying = fixture.backend.heads.findIndex((head) => head.includes('/stays'));
    fixture.backend.connections[isStaying]?.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await expect(stays).resolves.toMatchObject({ status: 200 });
  });

  it.each([
    ['an answer', '200 OK'],
    ['an error', '500 Oops'],
  ])('listens to the caller no longer after %s', async (_what, status) => {
    const { signal } = new AbortController();
    fixture.backend.answer(`${status}\r\nContent-Length: 0`);
    await (await fixture.connect()).get('/a', signal).catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends the calls in progress when the application shuts down, and takes no more', async () => {
    const client = await fixture.connect();
    const asked = new Promise<void>((resolve) => {
      fixture.backend.script = () => {
        resolve();
      };
    });
    const call = expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
    await asked;
    await fixture.app.close();
    await call;
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
  });

  it("says nothing of the backend in its errors' answers", async () => {
    fixture.backend.answer('500 Oops\r\nContent-Length: 6', 'secret');
    const client = await fixture.connect();
    const error = await client.get('/a', never).catch((reason: unknown) => reason);
    expect((error as BackendUnavailableError).getResponse()).toEqual({
      error: 'backend unavailable',
    });
  });
}
