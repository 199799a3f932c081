import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { CachingModule } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { RoutesModule, defineRoute } from './index.js';

const BODY = 'abcdef';

/** A backend that knows ranges, as files have them. */
function ranges(): Server {
  return createServer(({ headers: { range } }, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    response.setHeader('Accept-Ranges', 'bytes');
    if (from === undefined) response.end(BODY);
    else if (Number(from) >= BODY.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${BODY.length}` }).end();
    } else {
      const part = BODY.slice(Number(from), Number(to) + 1);
      response.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${BODY.length}` }).end(part);
    }
  });
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('a route that declares Range, on %s', (_name, adapter) => {
  let backend: Server;
  let app: INestApplication;

  beforeEach(async () => {
    backend = ranges();
    await new Promise((listening) => backend.listen(0, '127.0.0.1', () => listening(undefined)));
    const { port } = backend.address() as AddressInfo;
    const route = defineRoute({
      ...{ path: '/file', params: z.object({}), headers: ['Range'], key: () => [] },
      backend: () => `http://127.0.0.1:${port}/`,
    });
    const testing = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        CachingModule.forRoot(),
        BackendModule.forRoot(),
        RoutesModule.forRoot({ fastPath: true }),
        RoutesModule.forFeature([route]),
      ],
    }).compile();
    app = testing.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(async () => {
    await app.close();
    backend.close();
  });

  const ask = async (range?: string) => {
    const answer = await fetch(`${await app.getUrl()}/file`, { headers: range ? { range } : {} });
    const { status, headers } = answer;
    return {
      ...{ status, body: await answer.text(), range: headers.get('content-range') },
      units: headers.get('accept-ranges'),
    };
  };

  it('tells which part it gives, each time', async () => {
    for (let i = 0; i < 2; i += 1) {
      const units = 'bytes';
      expect(await ask('bytes=1-2')).toEqual({
        ...{ status: 206, body: 'bc', range: 'bytes 1-2/6', units },
      });
      expect(await ask('bytes=9-9')).toEqual({
        ...{ status: 416, body: '', range: 'bytes */6', units },
      });
      expect(await ask()).toEqual({ status: 200, body: BODY, range: null, units });
    }
  });
});
