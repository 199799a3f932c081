import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { watchRequests } from './request-watchers.js';
import { sendAnswer } from './send-answer.js';

const answerOf = (change: Partial<BackendAnswer>): BackendAnswer => ({
  status: 200,
  headers: [
    ['content-type', 'text/plain'],
    ['vary', 'Accept'],
  ],
  cookies: [],
  body: Buffer.from('body'),
  ...change,
});

/** As a test of the way of writing sees it: where others have set fields, or may read them, it is another. */
const WAYS = ['at once', 'field by field'] as const;

describe('sendAnswer', () => {
  const servers: Server[] = [];
  let answer: BackendAnswer;

  const serve = (way: (typeof WAYS)[number]): Promise<number> => {
    const server = createServer((_request, response) => sendAnswer(response, answer));
    if (way === 'at once') watchRequests(server, []);
    servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, () => resolve((server.address() as AddressInfo).port));
    });
  };

  const ask = (port: number, method = 'GET'): Promise<unknown> =>
    new Promise((resolve, reject) => {
      request({ port, method, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const { statusCode, rawHeaders } = response;
          const headers = rawHeaders.filter((_, at, all) => all[at - (at % 2)] !== 'Date');
          resolve({ statusCode, headers, body: Buffer.concat(chunks).toString('latin1') });
        });
      })
        .once('error', reject)
        .end();
    });

  let ports: number[];

  beforeEach(async () => {
    ports = await Promise.all(WAYS.map(serve));
  });

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it.each<[string, Partial<BackendAnswer>]>([
    ['a short body', {}],
    ['no body', { body: Buffer.alloc(0) }],
    ['every byte', { body: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) }],
    ['a long body', { body: Buffer.alloc(100_000, 'abc') }],
    ['204', { status: 204, body: Buffer.alloc(0) }],
    ['304', { status: 304, body: Buffer.alloc(0) }],
    ['404', { status: 404 }],
    ['no fields', { headers: [] }],
  ])('writes %s in the same way, whether at once or field by field', async (_what, change) => {
    answer = answerOf(change);
    for (const method of ['GET', 'HEAD']) {
      const [atOnce, byField] = await Promise.all(ports.map((port) => ask(port, method)));
      expect(atOnce).toEqual(byField);
      const text = method === 'HEAD' ? '' : answer.body.toString('latin1');
      expect(atOnce).toMatchObject({ statusCode: answer.status, body: text });
    }
  });

  it('writes each of several answers that take turns', async () => {
    const [port = 0] = ports;
    const answers = ['one', 'two'].map((text) => answerOf({ body: Buffer.from(text) }));
    for (const one of [...answers, ...answers]) {
      answer = one;
      expect(await ask(port)).toMatchObject({ body: one.body.toString() });
    }
  });
});
