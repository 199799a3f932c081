import { createServer, request } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../backend/index.js';
import { watchRequests } from './request-context.js';
import { sendAnswer } from './write-answer.js';

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
  let before: (response: ServerResponse) => void;

  const serve = (way: (typeof WAYS)[number]): Promise<number> => {
    const server = createServer((_request, response) => {
      before(response);
      sendAnswer(response, answer);
    });
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
    before = () => undefined;
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

  it('writes no content with a 205, and says so', async () => {
    answer = answerOf({ status: 205, headers: [], body: Buffer.from('none of it') });
    for (const port of ports) {
      const { headers, body } = (await ask(port)) as { headers: string[]; body: string };
      expect({ fields: headers.slice(0, 2), body }).toEqual({
        fields: ['Content-Length', '0'],
        body: '',
      });
    }
  });

  it.each([...['content-disposition', 'content-type', 'etag', 'location', 'set-cookie', 'x-any']])(
    'writes each byte of %s as it is, on every way',
    async (name) => {
      const bytes = Array.from({ length: 128 }, (_, at) => String.fromCharCode(0x80 + at));
      // Each beside what makes it one character of UTF-8 beyond Latin-1.
      const value = bytes.map((byte) => `\xc4${byte}.${byte}`).join('');
      answer = answerOf({ headers: [[name, value]] });
      for (const port of ports) {
        const { headers } = (await ask(port)) as { headers: string[] };
        expect(headers.slice(0, 4)).toEqual([name, value, 'Content-Length', '4']);
      }
    },
  );

  it('writes each byte as it is where others have set the length before', async () => {
    before = (response) => {
      response.setHeader('Content-Length', 99);
      response.setHeader('X-Other', 'x');
    };
    answer = answerOf({ headers: [['content-disposition', 'x="\xc4\x8d\xc4\x8a"']] });
    for (const port of ports) {
      const { headers, body } = (await ask(port)) as { headers: string[]; body: string };
      expect(headers.slice(0, 6)).toEqual([
        ...['X-Other', 'x', 'content-disposition', 'x="\xc4\x8d\xc4\x8a"'],
        ...['Content-Length', '4'],
      ]);
      expect(body).toBe('body');
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
