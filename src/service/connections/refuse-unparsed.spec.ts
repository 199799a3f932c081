import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { boundPipelines } from '../../http/index.js';
import { limitServer } from './server-limits.js';

jest.setTimeout(180_000);

type Line = [status: number, cause: string | undefined, target: string | undefined];

const get = (at: number): string => `GET /${at} HTTP/1.1\r\nHost: x\r\n\r\n`;
const gets = (count: number): string => Array.from({ length: count }, (_, at) => get(at)).join('');
const NONSENSE = 'nonsense\r\n\r\n';
const CONNECT = 'CONNECT inside.example:25 HTTP/1.1\r\nHost: x\r\n\r\n';
const BAD_CHUNK = 'POST /bad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';

/** The answers of a connection: their statuses and bodies. */
function answersOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d+)[^]*?\r\n\r\n([^]*?)(?=HTTP\/1\.1|$)/g)].map(
    ([, status, body]) => `${status} ${body}`,
  );
}

describe('what is no request, behind requests that wait for their answers', () => {
  let server: Server;
  let begun: ServerResponse[];
  let lines: Line[];
  const clients: Socket[] = [];

  const open = async (): Promise<{
    client: Socket;
    text: () => string;
    ended: Promise<unknown>;
  }> => {
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    clients.push(client);
    let text = '';
    client.on('error', () => undefined);
    client.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    await once(client, 'connect');
    return { client, text: () => text, ended: once(client, 'end') };
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const deadline = Date.now() + 40_000; !isSo(); await nextTurn()) {
      if (Date.now() > deadline) throw new Error(`never so: ${String(isSo)}`);
    }
  };
  const errors = (): Promise<unknown> => once(server, 'clientError');
  const answer = (response: ServerResponse | undefined): void => {
    if (response?.headersSent === false) response.end(response.req.url);
  };

  beforeEach(async () => {
    begun = [];
    lines = [];
    server = createServer((_request: IncomingMessage, response) => void begun.push(response));
    limitServer(
      server,
      { headersTimeoutMs: 10_000, requestTimeoutMs: 10_000 },
      { refused: (_id, status, cause, request) => lines.push([status, cause, request?.url]) },
    );
    boundPipelines(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    server.close();
    server.closeAllConnections();
  });

  it.each<[string, string, string, Line]>([
    ['nonsense', NONSENSE, '400 {"error":"bad request"}', [400, 'HPE_INVALID_METHOD', undefined]],
    [
      'a CONNECT',
      CONNECT,
      '405 {"error":"method not allowed"}',
      [405, undefined, 'inside.example:25'],
    ],
  ])('is answered after them, in order, and closes: %s', async (_what, bytes, refusal, line) => {
    for (const count of [0, 1, 3]) {
      begun = [];
      lines = [];
      const { client, text, ended } = await open();
      const failed = bytes === CONNECT ? once(server, 'connect') : errors();
      client.write(gets(count) + bytes);
      await failed;
      await until(() => begun.length === count);
      if (count > 0) expect(text()).toBe('');
      // The last first: none of them may be overtaken.
      for (const response of [...begun].reverse()) answer(response);
      await ended;
      const answers = Array.from({ length: count }, (_, at) => `200 /${at}`);
      expect(answersOf(text())).toEqual([...answers, refusal]);
      expect(text()).toContain('Connection: close');
      expect(lines).toEqual([line]);
    }
  });

  it('waits for those as well that have not begun when it comes, and for their last byte', async () => {
    const { client, text, ended } = await open();
    client.pause();
    client.write(gets(100) + NONSENSE + NONSENSE);
    await until(() => begun.length === 65);
    let answered = 0;
    const body = Buffer.alloc(200_000, 'x');
    while (answered < 100) {
      const response = begun[answered];
      if (response === undefined) {
        await nextTurn();
        continue;
      }
      response.end(body);
      answered += 1;
      if (answered === 20) client.resume();
    }
    await ended;
    expect(text().match(/HTTP\/1\.1 200/g)).toHaveLength(100);
    expect(text().match(/xxxx(?=HTTP\/1\.1)/g)).toHaveLength(100);
    expect(text()).toMatch(/\r\n\r\n\{"error":"bad request"\}$/);
  });

  it('is answered once, however often it comes', async () => {
    const { client, text, ended } = await open();
    client.write(get(0) + NONSENSE);
    await errors();
    for (let i = 0; i < 3; i++) {
      const again = errors();
      client.write(NONSENSE);
      await again;
    }
    await until(() => begun.length === 1);
    answer(begun[0]);
    await ended;
    client.write(NONSENSE);
    expect(answersOf(text())).toEqual(['200 /0', '400 {"error":"bad request"}']);
    expect(lines).toHaveLength(1);
  });

  it('is not answered behind an answer that closes the connection', async () => {
    for (const bytes of [NONSENSE, CONNECT]) {
      begun = [];
      const { client, text, ended } = await open();
      client.write(get(0) + bytes);
      await until(() => begun.length === 1);
      begun[0]?.setHeader('Connection', 'close');
      answer(begun[0]);
      await ended;
      expect(answersOf(text())).toEqual(['200 /0']);
    }
    expect(lines).toEqual([]);
  });

  it.each([0, 1, 3])(
    'has the place of its own request where it is in the body of one, %i before it',
    async (count) => {
      const { client, text, ended } = await open();
      const failed = errors();
      client.write(gets(count) + BAD_CHUNK);
      await failed;
      await until(() => begun.length >= count);
      for (const response of begun) answer(response);
      await ended;
      const answers = Array.from({ length: count }, (_, at) => `200 /${at}`);
      expect(answersOf(text())).toEqual([...answers, '400 {"error":"bad request"}']);
      // Where nobody has begun it, nobody does.
      expect(begun.map(({ req }) => req.url)).not.toContain(count > 0 ? '/bad' : undefined);
    },
  );

  it('adds nothing where it is in the body of a request that has its answer', async () => {
    const { client, text, ended } = await open();
    client.write(BAD_CHUNK.slice(0, -4));
    await until(() => begun.length === 1);
    const body = Buffer.alloc(8 * 2 ** 20, 'x');
    client.pause();
    begun[0]?.end(body);
    const failed = errors();
    client.write('zz\r\n');
    await failed;
    client.resume();
    await ended;
    expect(text().match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text().endsWith('x'.repeat(4_096))).toBe(true);
    expect(text().length).toBeGreaterThan(body.length);
  });

  it('leaves nothing behind where the client leaves before', async () => {
    for (const bytes of [NONSENSE, CONNECT]) {
      begun = [];
      const { client } = await open();
      client.write(gets(3) + bytes);
      await until(() => begun.length === 3);
      const closed = Promise.all(begun.map((response) => once(response, 'close')));
      client.resetAndDestroy();
      await closed;
    }
    expect(lines).toEqual([]);
  });

  it('is closed in time where the client goes on for ever', async () => {
    const { client, ended } = await open();
    const connected = once(server, 'connect') as Promise<[IncomingMessage, Socket]>;
    client.write(CONNECT);
    const [, connection] = await connected;
    await ended;
    client.write('x'.repeat(100_000));
    if (!connection.destroyed) await once(connection, 'close');
  });
});
