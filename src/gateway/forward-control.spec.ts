import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../backend/testing/raw-backend.js';
import { ForwardFixture, OK, PATIENT, backInPool, send } from './testing/forward-fixture.js';
import { Recorder } from './testing/recorder.js';

const fixture = new ForwardFixture();

describe('pause and resume', () => {
  const body = 'x'.repeat(8 * 2 ** 20);

  it('leaves a body in the network while it is paused, and hands it on whole', async () => {
    fixture.inTurn(send(`200 OK\r\nContent-Length: ${body.length}`, body));
    const seen = new Recorder();
    const { handle } = fixture.start({}, seen);
    seen.onHead = () => handle.pause();
    await seen.until(() => seen.status > 0);
    const [socket] = fixture.backend.connections;
    // What the operating system takes it has taken; then the backend has to wait.
    let before = -1;
    while (before !== socket!.writableLength) {
      before = socket!.writableLength;
      await setTimeout(50);
    }
    expect(before).toBeGreaterThan(0);
    expect(seen.bytes).toBeLessThanOrEqual(65_536);
    handle.resume();
    expect(await seen.ended()).toBe('whole');
    expect(seen.bytes).toBe(body.length);
  });

  it.each([
    [
      'an end that delimits it',
      'Connection: close',
      'half',
      'whole',
      (socket: Socket) => socket.end(),
    ],
    [
      'an end after its length',
      'Content-Length: 4',
      'half',
      'whole',
      (socket: Socket) => socket.end(),
    ],
    [
      'an end after its chunks',
      'Transfer-Encoding: chunked',
      '4\r\nhalf\r\n0\r\n\r\n',
      'whole',
      (socket: Socket) => socket.end(),
    ],
    ['an early end', 'Content-Length: 9', 'half', 'truncated', (socket: Socket) => socket.end()],
    [
      'a reset',
      'Connection: close',
      'half',
      'truncated',
      (socket: Socket) => socket.resetAndDestroy(),
    ],
  ])('survives %s while it is paused', async (_what, fields, text, outcome, finish) => {
    fixture.inTurn(send(`200 OK\r\n${fields}`, text));
    const seen = new Recorder();
    const { handle } = fixture.start({}, seen);
    seen.onData = () => handle.pause();
    await seen.until(() => seen.bytes > 0);
    const [socket] = fixture.backend.connections;
    finish(socket!);
    await setTimeout(30);
    handle.resume();
    expect(await seen.ended()).toBe(outcome);
  });

  it('uses a connection again on which a call was paused', async () => {
    fixture.inTurn(OK);
    const seen = new Recorder();
    const { handle } = fixture.start({}, seen);
    seen.onHead = () => handle.pause();
    await seen.ended();
    await backInPool();
    expect(await fixture.start().seen.ended()).toBe('whole');
    expect(fixture.backend.connections).toHaveLength(1);
  });

  it('can be resumed while another call is told something', async () => {
    fixture.inTurn(send(`200 OK\r\nContent-Length: ${body.length}`, body));
    const one = new Recorder();
    const other = new Recorder();
    const { handle } = fixture.start({}, one);
    one.onHead = () => handle.pause();
    await one.until(() => one.status > 0);
    other.onData = () => {
      handle.pause();
      handle.resume();
    };
    fixture.start({}, other);
    expect([await one.ended(), await other.ended()]).toEqual(['whole', 'whole']);
    expect([one.bytes, other.bytes]).toEqual([body.length, body.length]);
  });
});

describe('time', () => {
  it.each([
    ['head', () => undefined],
    ['head', send('102 Processing')],
    ['idle', send('200 OK\r\nContent-Length: 9', 'half')],
    ['total', send('200 OK\r\nContent-Length: 9', 'half')],
  ])('ends a call that waits too long: %s', async (phase, script) => {
    fixture.inTurn(script);
    const { seen } = fixture.start({ timeouts: { ...PATIENT, [`${phase}Ms`]: 30 } });
    expect(await seen.ended()).toBe(`timeout:${phase}`);
    await fixture.backend.firstConnectionClosed();
  });

  it('ends a call that finds no connection in time', async () => {
    // Nothing of TLS is ever answered.
    fixture.inTurn(() => undefined);
    const origin = `https://127.0.0.1:${fixture.backend.port}`;
    const { seen } = fixture.start({ origin, timeouts: { ...PATIENT, connectMs: 30 }, retries: 1 });
    expect(await seen.ended()).toBe('timeout:connect');
  });

  it('does not count against a backend what its reader takes', async () => {
    fixture.inTurn(send('200 OK\r\nContent-Length: 4', 'ha'));
    const seen = new Recorder();
    const { handle } = fixture.start({ timeouts: { ...PATIENT, idleMs: 60 } }, seen);
    seen.onData = () => handle.pause();
    await seen.until(() => seen.bytes > 0);
    await setTimeout(150);
    expect(seen.ends).toBe(0);
    fixture.backend.connections[0]?.write('lf');
    handle.resume();
    expect(await seen.ended()).toBe('whole');
  });

  it('lets a body take as long as it keeps coming', async () => {
    fixture.inTurn(send('200 OK\r\nContent-Length: 8', ''));
    const { seen } = fixture.start({ timeouts: { ...PATIENT, headMs: 1_000, idleMs: 1_000 } });
    await seen.until(() => seen.status > 0);
    for (let at = 0; at < 8; at++) {
      await setTimeout(150);
      fixture.backend.connections[0]?.write('x');
    }
    expect(await seen.ended()).toBe('whole');
  });
});

describe('leaving', () => {
  it.each(['before it has begun', 'before the head', 'within the body'])('%s', async (when) => {
    fixture.inTurn(
      when === 'within the body' ? send('200 OK\r\nContent-Length: 9', 'half') : () => undefined,
    );
    const { handle, seen } = fixture.start();
    if (when === 'before the head') while (fixture.backend.heads.length === 0) await setImmediate();
    if (when === 'within the body') await seen.until(() => seen.bytes > 0);
    const reason = new Error('gone');
    handle.abort(reason);
    handle.abort(new Error('again'));
    expect(await seen.ended()).toBe('aborted');
    expect(seen.error?.cause).toBe(reason);
    await fixture.backend.firstConnectionClosed();
    expect(seen.ends).toBe(1);
  });

  it('ends by its signal, which may have aborted before', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    const { seen } = fixture.start({ signal: gone });
    expect(seen.ends).toBe(0);
    expect(await seen.ended()).toBe('aborted');
    expect(fixture.backend.connections).toHaveLength(0);
    const owner = new AbortController();
    const later = fixture.start({ signal: owner.signal }).seen;
    owner.abort();
    expect(await later.ended()).toBe('aborted');
  });

  it('ends by what its sink throws', async () => {
    fixture.inTurn(send('200 OK\r\nConnection: close\r\nContent-Length: 4', 'half'));
    const seen = new Recorder();
    seen.onData = () => {
      throw new Error('mine');
    };
    fixture.start({}, seen);
    await seen.ended();
    expect((seen.error?.cause as Error).message).toBe('mine');
  });

  it('may be left while it is told of the last piece', async () => {
    fixture.inTurn(send('200 OK\r\nConnection: close\r\nContent-Length: 4', 'half'));
    const seen = new Recorder();
    const { handle } = fixture.start({}, seen);
    seen.onData = () => handle.abort('enough');
    expect(await seen.ended()).toBe('aborted');
    await fixture.backend.firstConnectionClosed();
    expect(seen.ends).toBe(1);
  });
});

describe('sending again', () => {
  /** Leaves a connection in the pool that its backend closes on the next request. */
  async function leaveOne(onNext: (socket: Socket) => void): Promise<void> {
    fixture.inTurn(OK, onNext, OK);
    await fixture.start().seen.ended();
    await backInPool();
  }
  const hangUp = (socket: Socket) => socket.end();

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])(
    'a used connection that closes without a byte: %s is sent once more',
    async (method) => {
      await leaveOne(hangUp);
      const { handle, seen } = fixture.start({ method, retries: 1 });
      expect([await seen.ended(), handle.retried]).toEqual(['whole', 1]);
      expect(fixture.backend.heads).toHaveLength(3);
    },
  );

  it.each(['POST', 'PATCH', 'PURGE'])('%s is not', async (method) => {
    await leaveOne(hangUp);
    expect(await fixture.start({ method, retries: 1 }).seen.ended()).toBe('closed');
    expect(fixture.backend.heads).toHaveLength(2);
  });

  it('a reset is a close as well', async () => {
    await leaveOne((socket) => socket.resetAndDestroy());
    expect(await fixture.start({ retries: 1 }).seen.ended()).toBe('whole');
  });

  it('not without leave', async () => {
    await leaveOne(hangUp);
    expect(await fixture.start().seen.ended()).toBe('closed');
  });

  it('not on a new connection, which has been given the request', async () => {
    fixture.inTurn(hangUp, OK);
    expect(await fixture.start({ retries: 1 }).seen.ended()).toBe('closed');
  });

  it.each([
    ['a part of a status line', (socket: Socket) => socket.end('HTTP/1.1 2')],
    ['an interim answer', (socket: Socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n')],
    [
      'a part of a body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha'),
    ],
  ])('not after %s', async (_what, script) => {
    await leaveOne(script);
    expect(await fixture.start({ retries: 1 }).seen.ended()).not.toBe('whole');
    expect(fixture.backend.heads).toHaveLength(2);
  });

  it('as often as is said, and no more', async () => {
    const { handle, seen } = fixture.start({
      origin: `http://127.0.0.1:${await freePort()}`,
      retries: 2,
    });
    expect([await seen.ended(), handle.retried]).toEqual(['refused', 2]);
  });

  it('the next origin where one refuses', async () => {
    fixture.inTurn(OK);
    const origin = `http://127.0.0.1:${await freePort()}`;
    const { handle, seen } = fixture.start({
      origin,
      otherOrigins: [fixture.backend.url],
      retries: 1,
    });
    expect([await seen.ended(), handle.retried]).toEqual(['whole', 1]);
  });

  it('not to a name that leads nowhere', async () => {
    const { handle, seen } = fixture.start({ origin: 'http://nowhere.invalid', retries: 1 });
    expect([await seen.ended(), handle.retried]).toEqual(['unreachable', 0]);
  });

  it('not once its owner has left', async () => {
    const { handle, seen } = fixture.start({
      origin: `http://127.0.0.1:${await freePort()}`,
      retries: 1e9,
    });
    await setTimeout(20);
    handle.abort('gone');
    expect(await seen.ended()).toBe('aborted');
    const { retried } = handle;
    await setTimeout(20);
    expect(handle.retried).toBe(retried);
  });
});

it('leaves nothing behind on a signal that many calls share', async () => {
  fixture.inTurn(OK);
  const owner = new AbortController();
  const calls = Array.from({ length: 30 }, () =>
    fixture.start({ signal: owner.signal }).seen.ended(),
  );
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['whole']));
  const aborted = once(owner.signal, 'abort');
  owner.abort();
  await aborted;
});
