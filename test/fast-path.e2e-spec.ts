import { Agent } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { CachingService } from '../src/caching/index.js';
import { ManualClock } from '../src/ground/manual-clock.js';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import { get, type Reply, type RequestOptions } from './support/http-client.js';
import { RawClient } from './support/raw-client.js';
import {
  describeInside,
  Fixtures,
  type RunningService,
  type StartOptions,
} from './support/running-service.js';
import { ScriptedBackend, type Answer } from './support/scripted-backend.js';
import { programOf } from '../src/ground/testing/programs.js';
import { ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const SKU = 'products/1';
const PATH = '/products?productId=1';
const HOST = 'Host: shop.example\r\n';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** All that an answer says but what is each request's own; fields in any order, by their exact names. */
function sayingOf({ status, rawHeaders, body }: Reply): unknown {
  const fields: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    fields.push(`${name}: ${/^(date|x-request-id)$/i.test(name) ? '' : value}`);
  }
  return { status, fields: fields.sort(), body: body.toString('latin1') };
}

/** Counts the requests that Express or Fastify has had to do with. */
function watchFramework(service: RunningService): () => number {
  let seen = 0;
  if (service.app.getHttpAdapter().getType() === 'fastify') {
    // Behind Fastify, whose middleware gives a request the id that Fastify has for it.
    service.app.getHttpServer().on('request', (asked: IncomingMessage & { id?: string }) => {
      if (asked.id !== undefined) seen += 1;
    });
    return () => seen;
  }
  const express = service.app.getHttpAdapter().getInstance() as {
    handle(...passed: unknown[]): unknown;
  };
  const { handle } = express;
  express.handle = (...passed) => {
    seen += 1;
    return handle.apply(express, passed);
  };
  return () => seen;
}

/** A logger that keeps what is said of requests. */
function requestLines() {
  const lines: Record<string, unknown>[] = [];
  const keep = (line: unknown, context?: unknown): void => {
    if (context === 'Http') lines.push({ ...(line as object) });
  };
  const logger: LoggerService = { log: keep, warn: keep, error: keep };
  return { lines, logger };
}

// What a hit enters is looked at from inside.
describeOnEach(
  'a hit of GET /products',
  (platform) => {
    const fixtures = new Fixtures(platform);
    /** Where hits have a way of their own. */
    const hasShortWay = platform !== 'plain express';
    let clock: ManualClock;
    let backend: ScriptedBackend;
    let service: RunningService;
    let seenByFramework: () => number;

    const statusOf = (reply: Reply) => String(reply.headers['cache-status']);
    const ask = (options?: RequestOptions, path = PATH) => service.get(path, options);

    async function serve(options: StartOptions = {}): Promise<void> {
      service = await fixtures.service(backend, {
        clock,
        ...options,
        env: { PRODUCT_API_BASE: `${backend.url}/backend`, ...options.env },
      });
      seenByFramework = watchFramework(service);
    }

    /** Has the answer kept, and the target learnt. The hit that it was learnt from. */
    async function learn(path = PATH): Promise<Reply> {
      expect(statusOf(await ask({}, path))).toContain('stored');
      const hit = await ask({}, path);
      expect(statusOf(hit)).toMatch(/^breakwater; hit; ttl=\d+$/);
      return hit;
    }

    /** What `act` gives, and whether the framework had to do with it. */
    async function onShortWay<T>(expected: boolean, act: () => Promise<T>): Promise<T> {
      const before = seenByFramework();
      const result = await act();
      const seen = seenByFramework() - before;
      if (hasShortWay) expect(seen).toBe(expected ? 0 : 1);
      else expect(seen).toBeGreaterThan(0);
      return result;
    }

    const shortly = (options?: RequestOptions, path = PATH) =>
      onShortWay(true, () => ask(options, path));

    beforeEach(async () => {
      clock = new ManualClock();
      backend = await fixtures.backend();
    });

    describe('is the same however it was served', () => {
      beforeEach(() => serve());

      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

      it.each<[string, Answer]>([
        ['JSON', {}],
        ['no body', { body: '' }],
        ['one byte', { body: 'x' }],
        ['a body just below the bound', { body: 'x'.repeat(2_047) }],
        ['a body at the bound', { body: 'x'.repeat(2_048) }],
        ['a body just above it', { body: 'x'.repeat(2_049) }],
        ['a large body', { body: Buffer.alloc(300_000, 'abc') }],
        ['every byte', { body: everyByte }],
        ['every byte, often', { body: Buffer.concat(Array<Buffer>(20).fill(everyByte)) }],
        ['text beyond ASCII', { body: 'Größe: 10 €, 😀' }],
        ['text beyond ASCII above the bound', { body: '€😀ß'.repeat(500) }],
        ['zeros', { body: Buffer.alloc(64) }],
        ['another success', { status: 203, body: 'x' }],
        ['nothing but a status', { status: 204, body: '' }],
        ['an ETag', { headers: { ETag: '"1"', 'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT' } }],
        ['Vary', { headers: { Vary: 'Accept-Encoding' } }],
        ['Cache-Control', { headers: { 'Cache-Control': 'public, max-age=60', Expires: '0' } }],
        ['an encoding', { body: gzipSync('zipped'), headers: { 'Content-Encoding': 'gzip' } }],
        ['fields of several values', { headers: { Link: ['<a>; rel=x', '<b>; rel=y'] } }],
        ['fields that are not passed on', { headers: { Server: 'x', Age: '9', Via: 'x' } }],
        ['bytes beyond ASCII in a field', { headers: { 'Content-Disposition': 'x; y="\u00e9"' } }],
      ])('%s', async (_what, answer) => {
        backend.on(SKU, answer);
        const long = await learn();
        const short = await shortly();
        expect(sayingOf(short)).toEqual(sayingOf(long));
        expect(sayingOf(await shortly())).toEqual(sayingOf(long));
        const sent = answer.body ?? JSON.stringify({ key: SKU, call: 1 });
        expect(short.body.equals(Buffer.from(sent))).toBe(true);
        expect(short.headers['content-length']).toBe(
          answer.status === 204 ? undefined : String(Buffer.byteLength(sent)),
        );
        expect(backend.calls(SKU)).toBe(1);
      });

      it('a 304 to who has it', async () => {
        backend.on(SKU, { headers: { ETag: '"1"', 'Cache-Control': 'max-age=9' } });
        const long = await learn();
        const headers = { 'If-None-Match': '"1"' };
        for (let i = 0; i < 3; i += 1) {
          const short = await shortly({ headers });
          expect([short.status, short.headers['etag'], short.text]).toEqual([304, '"1"', '']);
          expect(short.headers['x-request-id']).toMatch(UUID);
        }
        expect(sayingOf(await shortly())).toEqual(sayingOf(long));
      });

      it('is sent whole where a field of the backend is UTF-8', async () => {
        const field = 'Link: </x>; title="10 €"\r\n';
        backend.on(SKU, {
          raw: Buffer.from(`HTTP/1.1 200 OK\r\n${field}Content-Length: 2\r\n\r\nok`),
        });
        const replies: Reply[] = [];
        for (let i = 0; i < 4; i += 1) replies.push(await ask());
        for (const { status, text } of replies) expect([status, text]).toEqual([200, 'ok']);
        expect(new Set(replies.map(({ headers }) => headers['link'])).size).toBe(1);
      });

      it.each([511, 512, 513, 7_000])('a target of %i characters', async (length) => {
        const path = `${PATH}&x=`.padEnd(length, 'x');
        const long = await learn(path);
        const short = await onShortWay(length <= 512, () => ask({}, path));
        expect(sayingOf(short)).toEqual(sayingOf(long));
        expect(backend.total).toBe(1);
      });
    });

    describe('moves with the clock', () => {
      beforeEach(() => serve());

      it('in age and time to live, second by second', async () => {
        const [, ttl = ''] = /ttl=(\d+)/.exec(statusOf(await learn())) ?? [];
        for (let age = 1; age < Number(ttl); age += 1) {
          clock.advance(1_000);
          const { headers } = await shortly();
          expect([headers['age'], headers['cache-status']]).toEqual([
            String(age),
            `breakwater; hit; ttl=${Number(ttl) - age}`,
          ]);
        }
      });

      it('from fresh to stale to renewed, and never shows what is over', async () => {
        const { text } = await learn();
        await shortly();
        clock.advance(11_000);
        const opens = gate();
        backend.on(SKU, { body: 'renewed', gate: opens });
        for (let i = 0; i < 3; i += 1) {
          const stale = await onShortWay(false, () => ask());
          expect(stale.text).toBe(text);
          expect(statusOf(stale)).toMatch(/; detail=stale-while-revalidate$/);
        }
        await backend.waitForCalls(SKU, 2);
        opens.open();
        while ((await ask()).text !== 'renewed');
        const renewed = await shortly();
        expect([renewed.text, renewed.headers['age']]).toEqual(['renewed', '0']);
        expect(renewed.headers['content-length']).toBe('7');
        expect(backend.calls(SKU)).toBe(2);
      });
    });

    describe('is no more', () => {
      beforeEach(() => serve());

      it.each<[string, (caching: CachingService) => Promise<boolean>]>([
        ['its cache was cleared', (caching) => caching.cache('/products').clear()],
        ['everything was dropped', (caching) => caching.invalidateAll()],
        ['its coalescer was dropped', (caching) => caching.invalidateTag('coalescer:/products:1')],
      ])('as soon as %s', async (_what, drop) => {
        await learn();
        await shortly();
        // Not awaited: memory is empty when the call returns.
        const dropped = drop(service.app.get(CachingService));
        const reply = await ask();
        expect(statusOf(reply)).toBe('breakwater; fwd=uri-miss; fwd-status=200; stored');
        expect(JSON.parse(reply.text)).toMatchObject({ call: 2 });
        await dropped;
        expect(JSON.parse((await shortly()).text)).toMatchObject({ call: 2 });
      });

      it('when its answer has given way to another that is not for all', async () => {
        backend.on(SKU, {}, { body: 'mine', headers: { 'Cache-Control': 'private' } });
        await learn();
        await service.app.get(CachingService).invalidateAll();
        for (let i = 0; i < 3; i += 1) {
          expect(statusOf(await ask())).not.toMatch(/hit|stored/);
        }
        expect(backend.calls(SKU)).toBe(4);
      });
    });

    describe('is told apart', () => {
      it('by an id that is taken from the request, or made, and by one line in the log', async () => {
        const { lines, logger } = requestLines();
        await serve({ logger });
        await learn();
        const logged = lines.length;
        const offered = ['req-1', undefined, 'a b', 'x'.repeat(128), 'x'.repeat(129)];
        const ids: string[] = [];
        for (const id of offered) {
          const headers = id === undefined ? {} : { 'x-request-id': id };
          ids.push(String((await shortly({ headers })).headers['x-request-id']));
        }
        expect([ids[0], ids[3]]).toEqual([offered[0], offered[3]]);
        for (const made of [ids[1], ids[2], ids[4]]) expect(made).toMatch(UUID);
        expect(new Set(ids).size).toBe(ids.length);
        while (lines.length < logged + ids.length) await sleep(1);
        expect(lines.slice(logged)).toEqual(
          ids.map((requestId) => ({
            ...{ requestId, method: 'GET', target: PATH, status: 200, served: 'hit' },
            route: '/products',
            durationMs: expect.any(Number),
          })),
        );
      });

      it('in the counters of its cache', async () => {
        await serve();
        await learn();
        for (let i = 0; i < 5; i += 1) await shortly();
        const counters = service.app.get(CachingService).cache('/products').counters();
        expect(counters).toMatchObject({ hits: 6, misses: 1, loads: 1, stored: 1, staleHits: 0 });
      });
    });

    describe('is the framework’s where the request is more than its target', () => {
      beforeEach(() => serve());

      it('HEAD has its head, without the body', async () => {
        const long = await learn();
        const head = await onShortWay(false, () => ask({ method: 'HEAD' }));
        const told = sayingOf(long) as object;
        expect(sayingOf(head)).toEqual({ ...told, body: '' });
      });

      it.each(['authorization', 'cookie'])('%s has an answer of its own', async (name) => {
        await learn();
        await shortly();
        const reply = await onShortWay(false, () => ask({ headers: { [name]: 'x' } }));
        expect(statusOf(reply)).toBe('breakwater; fwd=bypass; fwd-status=200');
        expect(backend.calls(SKU)).toBe(2);
        expect(JSON.parse((await shortly()).text)).toMatchObject({ call: 1 });
      });

      it.each<[string, RequestOptions]>([
        ['a length', { body: 'body' }],
        ['chunks', { headers: { 'transfer-encoding': 'chunked' } }],
        ['no bytes', { headers: { 'content-length': '0' } }],
      ])('a body of %s changes nothing', async (_what, options) => {
        const long = await learn();
        const reply = await onShortWay(false, () => ask(options));
        expect(sayingOf(reply)).toEqual(sayingOf(long));
      });

      it('other methods are not found, as they are without a hit', async () => {
        await learn();
        for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
          const reply = await onShortWay(false, () => ask({ method }));
          const other = await ask({ method }, '/products?productId=never');
          expect([reply.status, reply.text]).toEqual([other.status, other.text]);
          expect(reply.headers['cache-status']).toBeUndefined();
        }
      });
    });

    describe('is not steered by a request that', () => {
      beforeEach(() => serve());

      it.each<[string, Record<string, string>]>([
        ['has another ETag', { 'if-none-match': '"2"' }],
        ['has an older one', { 'if-modified-since': 'Thu, 01 Jan 1999 00:00:00 GMT' }],
        ['wants a part', { range: 'bytes=0-0' }],
        ['wants nothing cached', { 'cache-control': 'no-cache', pragma: 'no-cache' }],
        ['expects to be told to go on', { expect: '100-continue' }],
        ['expects what nobody knows', { expect: 'magic' }],
        ['wants another protocol', { connection: 'upgrade', upgrade: 'h2c' }],
        ['comes from elsewhere', { origin: 'https://elsewhere.example' }],
        ['wants another encoding', { 'accept-encoding': 'gzip', accept: 'image/png' }],
      ])('%s', async (_what, headers) => {
        const fields = { ETag: '"1"', 'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };
        backend.on(SKU, { headers: fields });
        const long = await learn();
        const short = await shortly({ headers });
        // Of the request or of the connection, not of the answer.
        const own = { date: '', 'x-request-id': '', connection: '', 'keep-alive': '' };
        expect({ ...short.headers, ...own }).toEqual({ ...long.headers, ...own });
        expect([short.status, short.text]).toEqual([200, long.text]);
      });
    });

    describe('on the wire', () => {
      const clients: RawClient[] = [];

      const connect = async (): Promise<RawClient> => {
        const client = await RawClient.open(service.port);
        clients.push(client);
        return client;
      };

      beforeEach(() => serve());

      afterEach(() => {
        for (const client of clients.splice(0)) client.close();
      });

      it.each([
        ['without Host', ''],
        ['with two', `${HOST}${HOST}`],
        ['with a Host that is none', 'Host: a b/../@\r\n'],
      ])('is 400 for HTTP/1.1 %s, which closes the connection', async (_how, fields) => {
        await learn();
        await shortly();
        const client = (await connect()).send(`GET ${PATH} HTTP/1.1\r\n${fields}\r\n`);
        const [reply] = await client.replies(1);
        expect([reply?.status, reply?.body]).toEqual([400, '{"error":"bad request"}']);
        expect(reply?.headers.get('connection')).toBe('close');
        await client.untilEnd();
      });

      it.each([
        ['without Host', '', 'close'],
        ['with Host', HOST, 'close'],
        ['with Host, to be kept open', `${HOST}Connection: keep-alive\r\n`, 'keep-alive'],
        ['without Host, to be kept open', 'Connection: keep-alive\r\n', 'keep-alive'],
      ])('is an answer to HTTP/1.0 %s', async (_how, fields, connection) => {
        const { text } = await learn();
        const client = (await connect()).send(`GET ${PATH} HTTP/1.0\r\n${fields}\r\n`);
        const reply = await client.reply();
        expect([reply.status, reply.body]).toEqual([200, text]);
        expect(reply.headers.get('connection')).toBe(connection);
        expect(reply.headers.get('cache-status')).toContain('hit');
        if (connection === 'close') await client.untilEnd();
        else {
          client.send(`GET ${PATH} HTTP/1.0\r\n${HOST}\r\n`);
          expect((await client.replies(2)).map(({ body }) => body)).toEqual([text, text]);
        }
      });

      it('closes the connection where the client asks for it, and keeps it otherwise', async () => {
        const { text } = await learn();
        const client = (await connect()).send(`GET ${PATH} HTTP/1.1\r\n${HOST}\r\n`);
        const [kept] = await client.replies(1);
        expect(kept?.headers.get('connection')).toBe('keep-alive');
        client.send(`GET ${PATH} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
        await client.untilEnd();
        const [, last] = await client.replies(2);
        expect([last?.headers.get('connection'), last?.body]).toEqual(['close', text]);
      });

      it('comes in the order of the requests, between misses and behind what is slow', async () => {
        const opens = gate();
        backend.on('products/slow', { body: 'slow', gate: opens });
        const { text } = await learn();
        const targets = [PATH, PATH, '/products?productId=slow', PATH, '/none', PATH];
        const client = await connect();
        client.send(targets.map((target) => `GET ${target} HTTP/1.1\r\n${HOST}\r\n`).join(''));
        await backend.waitForCalls('products/slow', 1);
        expect((await client.replies(2)).map(({ body }) => body)).toEqual([text, text]);
        opens.open();
        const replies = await client.replies(6);
        expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 404, 200]);
        expect(replies.map(({ body }) => body)).toEqual([
          ...[text, text, 'slow', text],
          ...[replies[4]?.body, text],
        ]);
      });

      it('goes on after a client that left in the middle of it', async () => {
        backend.on(SKU, { body: Buffer.alloc(500_000, 'x') });
        await learn();
        for (let i = 0; i < 5; i += 1) {
          const client = (await connect()).send(`GET ${PATH} HTTP/1.1\r\n${HOST}\r\n`.repeat(3));
          client.socket.once('data', () => client.socket.resetAndDestroy());
          await client.untilEnd();
        }
        expect((await shortly()).body).toHaveLength(500_000);
      });
    });

    it('has the headers of CORS, each time', async () => {
      await serve({ env: { CORS_ORIGIN: 'https://shop.example' } });
      const headers = { origin: 'https://shop.example' };
      backend.on(SKU, { headers: { Vary: 'Accept-Encoding' } });
      for (const served of ['stored', 'hit', 'hit', 'hit']) {
        const reply = await onShortWay(false, () => ask({ headers }));
        expect(statusOf(reply)).toContain(served);
        expect(reply.headers['access-control-allow-origin']).toBe('https://shop.example');
        expect(reply.headers['access-control-expose-headers']).toContain('X-Request-Id');
        // Fastify's CORS does not vary where only one origin may call.
        const vary = platform === 'fastify' ? 'Accept-Encoding' : 'Origin, Accept-Encoding';
        expect(reply.headers['vary']).toBe(vary);
      }
    });
  },
  describeInside,
);

describe('while the service drains', () => {
  let backend: ScriptedBackend;
  let service: ServiceProcess | undefined;

  beforeAll(() => {
    programOf('service');
  }, 180_000);

  afterEach(async () => {
    await service?.kill();
    await backend.down();
  });

  it('a hit closes its connection, and is a hit all the same', async () => {
    backend = await ScriptedBackend.start();
    const env = { BACKEND_URL: backend.url, SHUTDOWN_DRAIN_MS: '1500', LOG_LEVEL: 'info' };
    service = await ServiceProcess.start(env);
    const { port } = service;
    const agent = new Agent({ keepAlive: true });
    const ask = (headers = {}) => get(port, PATH, { agent, headers });
    for (let i = 0; i < 4; i += 1) {
      expect((await ask()).headers.connection).toBe('keep-alive');
    }
    service.signal('SIGTERM');
    for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(10)) {
      if ((await get(port, '/health/ready')).status === 503) break;
    }
    for (let i = 0; i < 3; i += 1) {
      const { status, headers } = await ask({ 'x-request-id': `late-${i}` });
      expect([status, headers.connection]).toEqual([200, 'close']);
      expect(headers['cache-status']).toMatch(/^breakwater; hit; ttl=\d+$/);
    }
    expect(await service.exited).toEqual({ code: 0, signal: null });
    // The lines of the last turn have been written as well.
    for (let i = 0; i < 3; i += 1) {
      expect(service.lines.filter((line) => line.includes(`"late-${i}"`))).toHaveLength(1);
    }
    expect(() => service?.records).not.toThrow();
    agent.destroy();
  });
});
