import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ForwardFixture, OK, send } from './testing/forward-fixture.js';

const fixture = new ForwardFixture();

describe('what is sent', () => {
  it("K1: sends the client's bytes of the path, and the fields in their order and case", async () => {
    fixture.inTurn(OK);
    const path = '/a/../%2e%2E//b\xe9?q=%zz&&x';
    const fields = ['Host', 'a.example:81', 'X-B', '1', 'x-a', 'caf\xe9', 'X-B', '2'];
    const { seen } = fixture.start({ path, fields });
    expect(await seen.ended()).toBe('whole');
    expect(fixture.backend.heads).toEqual([
      `GET ${path} HTTP/1.1\r\nhost: a.example:81\r\nconnection: keep-alive\r\n` +
        'X-B: 1\r\nx-a: caf\xe9\r\nX-B: 2\r\n\r\n',
    ]);
  });

  it('names the origin as the host where no other is given', async () => {
    fixture.inTurn(OK);
    await fixture.start().seen.ended();
    expect(fixture.backend.heads[0]).toContain(`\r\nhost: 127.0.0.1:${fixture.backend.port}\r\n`);
  });

  it('tells of a request that cannot be written after it has returned', async () => {
    const { seen } = fixture.start({ path: '*' });
    expect(seen.ends).toBe(0);
    expect(await seen.ended()).toBe('unsendable');
  });
});

describe('what comes', () => {
  it('hands on each byte of each field, duplicates in their order, and the reason', async () => {
    fixture.inTurn(
      send('299 Fine\r\nSet-Cookie: a\r\nX: \xff\xe9\r\nSet-cookie: b\r\nContent-Length: 0'),
    );
    const { seen } = fixture.start();
    expect(await seen.ended()).toBe('whole');
    expect([seen.status, seen.reason]).toEqual([299, 'Fine']);
    expect(seen.fields).toEqual([
      ...['Set-Cookie', 'a', 'X', '\xff\xe9', 'Set-cookie', 'b', 'Content-Length', '0'],
    ]);
  });

  it('leaves out a reason that cannot be repeated', async () => {
    fixture.inTurn(send('200 caf\xe9\r\nContent-Length: 0'));
    const { seen } = fixture.start();
    await seen.ended();
    expect([seen.status, seen.reason]).toEqual([200, '']);
  });

  it('N1: tells of interim answers, of a 100 that nobody asked for too, and then of the final one', async () => {
    fixture.backend.script = (socket) => {
      for (const head of ['100 Continue', '103 Early Hints\r\nLink: </a>', '102 Processing']) {
        send(head)(socket);
      }
      OK(socket);
    };
    const { seen } = fixture.start();
    expect(await seen.ended()).toBe('whole');
    expect(seen.interims).toEqual([
      [100, []],
      [103, ['Link', '</a>']],
      [102, []],
    ]);
    expect([seen.status, String(seen.body)]).toEqual([200, 'ok']);
  });

  it('gives up on interim answers without end, and on one that leaves HTTP', async () => {
    fixture.inTurn((socket) => socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(101)));
    expect(await fixture.start().seen.ended()).toBe('invalid');
    fixture.inTurn(send('101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade'));
    expect(await fixture.start().seen.ended()).toBe('closed');
  });

  it('tells of trailers', async () => {
    fixture.inTurn(
      send('200 OK\r\nTransfer-Encoding: chunked', '2\r\nok\r\n0\r\nX-Sum: \xe9\r\n\r\n'),
    );
    const { seen } = fixture.start();
    expect(await seen.ended()).toBe('whole');
    expect(seen.trailers).toEqual(['X-Sum', '\xe9']);
  });

  it.each([204, 304])('takes no body from a %s, whatever length it names', async (status) => {
    fixture.inTurn(send(`${status} X\r\nContent-Length: 9`));
    const { seen } = fixture.start();
    expect(await seen.ended()).toBe('whole');
    await setImmediate();
    expect(seen.ends).toBe(1);
  });

  it('N3: takes the head alone in answer to HEAD', async () => {
    fixture.inTurn(send('200 OK\r\nContent-Length: 9'));
    const { seen } = fixture.start({ method: 'HEAD' });
    expect(await seen.ended()).toBe('whole');
    expect(seen.fields).toEqual(['Content-Length', '9']);
  });
});

describe('N4, S11: an answer is whole by its framing alone', () => {
  const close = 'HTTP/1.1 200 OK\r\n\r\nhalf';
  const counted = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf';
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';
  const fin = (text: string) => (socket: Socket) => socket.end(text);
  const reset =
    (text: string) =>
    (socket: Socket): void => {
      socket.write(text, () => {
        void setTimeout(30).then(() => socket.resetAndDestroy());
      });
    };

  it.each([
    ['a body that an end delimits, ended', fin(close), 'whole'],
    ['a body that an end delimits, reset', reset(close), 'truncated'],
    ['a counted body, ended early', fin(counted), 'truncated'],
    [
      'a counted body, ended early, as announced',
      fin(counted.replace('K\r', 'K\r\nConnection: close\r')),
      'truncated',
    ],
    ['a counted body, reset', reset(counted), 'truncated'],
    ['chunks without the last one, ended', fin(chunked), 'truncated'],
    ['chunks without the last one, reset', reset(chunked), 'truncated'],
    ['chunks without the empty line at their end', fin(`${chunked}0\r\n`), 'truncated'],
    ['a bad chunk', fin(`${chunked}zz\r\n`), 'truncated'],
    ['all of its chunks', fin(`${chunked}0\r\n\r\n`), 'whole'],
  ])('%s', async (_what, script, outcome) => {
    fixture.inTurn(script);
    const { seen } = fixture.start();
    expect(await seen.ended()).toBe(outcome);
    expect([seen.status, String(seen.body)]).toEqual([200, 'half']);
    await setImmediate();
    expect(seen.ends).toBe(1);
  });

  it.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2'],
    ['a length beside chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked'],
    ['a coding beside chunks', 'Transfer-Encoding: gzip, chunked'],
    ['a coding without chunks', 'Transfer-Encoding: gzip'],
    ['a control character', 'X: \x01'],
  ])('H4: nothing is handed on of an answer with %s', async (_what, fields) => {
    fixture.inTurn(send(`200 OK\r\n${fields}`, 'ok'));
    const { seen } = fixture.start();
    expect(await seen.ended()).toBe('invalid');
    expect(seen.status).toBe(0);
    await fixture.backend.firstConnectionClosed();
  });

  it('H4: what comes behind an answer is part of none, and its connection is not used again', async () => {
    fixture.inTurn(
      send('200 OK\r\nContent-Length: 2', 'okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
      OK,
    );
    const first = fixture.start().seen;
    expect([await first.ended(), String(first.body)]).toEqual(['whole', 'ok']);
    const second = fixture.start().seen;
    expect([await second.ended(), String(second.body)]).toEqual(['whole', 'ok']);
    expect(fixture.backend.connections).toHaveLength(2);
  });
});
