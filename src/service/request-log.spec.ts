import { createServer, get } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { watchRequests } from '../http/index.js';
import type { RequestLine } from './log/index.js';
import { RequestLog } from './request-log.js';

const PREPARED = ['Content-Type', 'text/plain', 'Vary', 'Accept'];

describe('the id of a request', () => {
  let server: Server;
  let answer: (response: ServerResponse) => unknown;
  let lines: RequestLine[];

  const ask = (headers: IncomingHttpHeaders = {}): Promise<IncomingMessage> => {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      get({ port, headers, agent: false }, (response) =>
        response.resume().once('end', () => resolve(response)),
      ).once('error', reject);
    });
  };

  beforeEach((done) => {
    lines = [];
    const keep = (line: RequestLine): void => void lines.push(line);
    server = createServer((_request, response) => answer(response));
    watchRequests(server, [new RequestLog({ log: keep, warn: keep })]);
    server.listen(0, done);
  });

  afterEach((done) => {
    server.close(done);
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['end', (response) => response.end('x')],
    ['write', (response) => response.write('x') && response.end()],
    ['flushHeaders', (response) => [response.flushHeaders(), response.end()]],
    ['setHeader', (response) => response.setHeader('Vary', 'Accept').end('x')],
    ['writeHead and nothing else', (response) => response.writeHead(200).end('x')],
    ['writeHead with a reason', (response) => response.writeHead(200, 'Fine').end()],
    ['writeHead with an object', (response) => response.writeHead(200, { Vary: 'Accept' }).end()],
    ['writeHead with a list', (response) => response.writeHead(200, PREPARED).end('x')],
    ['writeHead with both', (response) => response.writeHead(200, 'Fine', PREPARED).end('x')],
    [
      'setHeader and writeHead with a list',
      (response) => response.setHeader('Allow', 'GET').writeHead(200, PREPARED).end('x'),
    ],
  ])('goes out, once, and into the log with %s', async (_way, answers) => {
    answer = answers;
    for (const id of ['mine', 'another']) {
      const { rawHeaders, headers } = await ask({ 'x-request-id': id });
      expect(rawHeaders.filter((name) => name === 'X-Request-Id')).toHaveLength(1);
      expect(headers['x-request-id']).toBe(id);
    }
    const made = String((await ask()).headers['x-request-id']);
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines.map(({ requestId }) => requestId)).toEqual(['mine', 'another', made]);
    expect(PREPARED).toHaveLength(4);
  });

  it('is in the log when the caller leaves before there is an answer', async () => {
    const closed = new Promise((resolve) => {
      answer = (response) => {
        response.once('close', resolve);
        response.socket?.destroy();
      };
    });
    await expect(ask({ 'x-request-id': 'gone' })).rejects.toThrow();
    await closed;
    expect(lines).toMatchObject([{ requestId: 'gone', status: 'aborted' }]);
  });
});
