import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Server } from 'node:http';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BackendHealthIndicator, BackendModule } from '../backend/index.js';
import { sendAnswer } from './write-answer.js';
import type { AdapterResponse } from './write-answer.js';

const MEBIBYTE = 2 ** 20;
/** More than a connection takes that nobody reads. */
const LARGE = 16 * MEBIBYTE;

/** Answers that no call of the backend has brought: a disk or another process has. */
const BODIES = new Map(['one', 'two', 'three'].map((name) => [name, Buffer.alloc(LARGE, name)]));

@Controller()
class StoredController {
  @Get(':name')
  get(@Param('name') name: string, @Res() response: AdapterResponse): void {
    const body = BODIES.get(name) ?? Buffer.from('small');
    sendAnswer(response, { status: 200, headers: [], cookies: [], body });
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('answers from elsewhere that nobody reads, on %s', (_name, adapter) => {
  let app: INestApplication<Server>;
  const clients: Socket[] = [];

  const send = async (line: string, isRead: boolean): Promise<string> => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => undefined);
    client.write(`${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [first] = (await once(client, 'data')) as [Buffer];
    if (isRead) await once(client.resume(), 'close');
    else client.pause();
    return first.toString('latin1', 9, 12);
  };
  const ask = (name: string): Promise<string> => send(`GET /${name}`, true);
  const leaveUnread = (name: string): Promise<string> => send(`GET /${name}`, false);
  const held = () => app.get(BackendHealthIndicator).check().backend;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [BackendModule.forRoot({ maxBodyBytes: LARGE, maxInFlightBytes: 2 * LARGE })],
      controllers: [StoredController],
    }).compile();
    app = module.createNestApplication<INestApplication<Server>>(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await app.close();
  });

  it('are counted, each once, and refused by 503 where they leave no room', async () => {
    expect(held()).toEqual({ status: 'up', inFlightBytes: 0, maxInFlightBytes: 2 * LARGE });
    expect(await leaveUnread('one')).toBe('200');
    expect(await leaveUnread('one')).toBe('200');
    expect(held().inFlightBytes).toBe(LARGE);
    expect(await leaveUnread('two')).toBe('200');
    expect(held().inFlightBytes).toBe(2 * LARGE);
    expect(await ask('three')).toBe('503');
    // Those take no room of their own.
    expect(await ask('one')).toBe('200');
    expect(await ask('small')).toBe('200');
    expect(await send('HEAD /three', true)).toBe('200');
    for (const client of clients) client.destroy();
    while (held().inFlightBytes > 0) await new Promise(setImmediate);
    expect(await ask('three')).toBe('200');
    expect(app.get(BackendHealthIndicator).brief()).toEqual({});
  });
});
