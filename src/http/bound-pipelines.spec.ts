import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { answerBefore, boundPipelines, countListeners } from './pipelines.js';

/** The first in line, and those behind it. */
const AT_ONCE = 1 + 64;

jest.setTimeout(180_000);

const requestFor = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const requests = (count: number): string =>
  Array.from({ length: count }, (_, at) => requestFor(`/${at}`)).join('');

async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

describe('boundPipelines', () => {
  let server: Server;
  let begun: ServerResponse[];
  let onRequest: (response: ServerResponse) => void;
  const clients: Socket[] = [];

  const open = async (): Promise<Socket> => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    return client;
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const deadline = Date.now() + 40_000; !isSo(); await nextTurn()) {
      if (Date.now() > deadline) throw new Error(`never so: ${String(isSo)}`);
    }
  };
  const answerAll = (): void => {
    onRequest = (response) => response.end(response.req.url);
    for (const response of begun) onRequest(response);
  };

  beforeEach(async () => {
    begun = [];
    onRequest = () => undefined;
    server = createServer((_request: IncomingMessage, response) => {
      begun.push(response);
      onRequest(response);
    });
    boundPipelines(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    const closed = once(server, 'close');
    server.close();
    // Those that are not read never hear that their client has gone, and would hold the test runner.
    server.closeAllConnections();
    await closed;
  });

  it('begins 64 of those that come before their turn, and reads no further', async () => {
    const client = await open();
    client.write(requests(40_000));
    await until(() => begun.length === AT_ONCE);
    await turns();
    expect(begun).toHaveLength(AT_ONCE);
    // What was read before it was known, at once.
    expect(begun[0]?.req.socket.bytesRead).toBeLessThanOrEqual(65_536);
  });

  it('answers every one of them, in their order', async () => {
    const many = 5_000;
    const client = await open();
    const pieces: Buffer[] = [];
    let tail = '';
    client.on('data', (bytes: Buffer) => {
      pieces.push(bytes);
      tail = (tail + bytes.toString('latin1', Math.max(0, bytes.length - 8))).slice(-8);
    });
    client.write(requests(many));
    await until(() => begun.length === AT_ONCE);
    await turns();
    // Some get their answers while those before them have none.
    onRequest = (response) => response.end(response.req.url);
    for (const response of [...begun].reverse()) onRequest(response);
    await until(
      () =>
        pieces
          .at(-1)
          ?.toString('latin1')
          .endsWith(`/${many - 1}`) === true,
    );
    expect(
      Buffer.concat(pieces)
        .toString('latin1')
        .match(/(?<=\r\n\r\n)\/\d+/g),
    ).toEqual(Array.from({ length: many }, (_, at) => `/${at}`));
  });

  it('goes on as answers go out, large ones too that the client is slow to read', async () => {
    const client = await open();
    let bytes = 0;
    client.on('data', (piece: Buffer) => (bytes += piece.length));
    onRequest = (response) => response.end(Buffer.alloc(200_000));
    client.pause();
    client.write(requests(300));
    await until(() => begun.length > 1);
    await turns();
    const unfinished = begun.filter(({ writableFinished }) => !writableFinished);
    expect(unfinished.length).toBeLessThanOrEqual(AT_ONCE);
    client.resume();
    await until(() => bytes >= 300 * 200_000);
    expect(begun).toHaveLength(300);
  });

  it('begins those of many connections in batches, between which others have their turn', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, open));
    let inThisTurn = 0;
    let most = 0;
    onRequest = (response) => {
      if (response.socket !== null) return;
      if (inThisTurn++ === 0) setImmediate(() => (inThisTurn = 0));
      most = Math.max(most, inThisTurn);
    };
    for (const client of many) client.write(requests(AT_ONCE));
    await until(() => begun.length === 20 * AT_ONCE);
    expect(most).toBe(16);
  });

  it.each<[string, number, () => void]>([
    ['when it is read', 60, () => undefined],
    ['when it is written to, where it is not read', 1_000, () => begun[0]?.end('x')],
  ])(
    'tells all who work for a connection that it has closed, once, %s',
    async (_when, count, write) => {
      const client = await open();
      const working = Math.min(count, AT_ONCE);
      client.write(requests(count));
      await until(() => begun.length === working);
      let closed = 0;
      for (const response of begun) response.on('close', () => closed++);
      client.resetAndDestroy();
      await turns();
      write();
      await until(() => closed >= working);
      await turns();
      expect([closed, begun.length]).toEqual([working, working]);
      // Whoever answers late does no harm.
      answerAll();
      await turns();
    },
  );

  it('leaves alone who waits for each answer', async () => {
    const client = await open();
    onRequest = (response) => response.end('x');
    for (let i = 0; i < 3; i++) {
      client.write(requests(1));
      await once(client, 'data');
    }
    expect(begun).toHaveLength(3);
  });

  it('hands on to who comes before others later, and counts those behind it', async () => {
    answerBefore(server, (request, response) => {
      if (request.url === '/early') response.end('early');
      return request.url === '/early';
    });
    expect([countListeners(server), server.listenerCount('request')]).toEqual([1, 1]);
    boundPipelines(server);
    expect(server.listenerCount('request')).toBe(1);
    const client = await open();
    client.write(requestFor('/early') + requestFor('/late'));
    await until(() => begun.length === 1);
    expect(begun[0]?.req.url).toBe('/late');
  });
});
