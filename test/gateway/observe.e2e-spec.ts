import { afterEach, describe, expect, it } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { createService } from '../../src/service/create-service.js';
import type { GatewayForecast } from '../../src/gateway/index.js';
import { Origin, RunningGateway } from './gateway-fixture.js';
import { RecordedOrigin, play, playThrough, recordedTraffic } from './recorded-traffic.js';
import type { RawReply, Wave } from './recorded-traffic.js';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Options = Parameters<typeof RunningGateway.start>[0];

async function gatewayWith(options: Options): Promise<RunningGateway> {
  const gateway = await RunningGateway.start(options);
  closing.push(() => gateway.close());
  return gateway;
}

async function recordedOrigin(): Promise<RecordedOrigin> {
  const recorded = await RecordedOrigin.start();
  closing.push(() => recorded.origin.close());
  return recorded;
}

async function originOf(listener: Parameters<typeof Origin.start>[0]): Promise<Origin> {
  const origin = await Origin.start(listener);
  closing.push(() => origin.close());
  return origin;
}

/** What the gateway's own answers say has become of requests. */
function counted(replies: readonly RawReply[]): Omit<GatewayForecast, 'passed' | 'answers'> {
  const counts = { joined: 0, hits: 0, revalidated: 0, staleWhileRevalidate: 0 };
  const others = { staleIfError: 0, refused: 0, withoutFreshness: 0, requests: replies.length };
  const all = { ...counts, ...others };
  for (const { head, body } of replies) {
    const status = /^cache-status: (.*)$/im.exec(head)?.[1] ?? '';
    if (status.includes('stale-while-revalidate')) all.staleWhileRevalidate++;
    else if (status.includes('stale-if-error')) all.staleIfError++;
    else if (/; hit\b/.test(status)) all.hits++;
    else if (status.includes('collapsed')) all.joined++;
    else if (status.includes('revalidated')) all.revalidated++;
    else if (body.includes('circuit open')) all.refused++;
  }
  return all;
}

/** Of the transport, or when it was said. */
const NOT_COMPARED = /^(?:date|connection|keep-alive|transfer-encoding):/i;

function comparable({ head, body }: RawReply): { head: string[]; body: string } {
  const lines = head.split('\r\n');
  const isChunked = lines.some((line) => /^transfer-encoding:.*chunked/i.test(line));
  return {
    head: lines.filter((line) => !NOT_COMPARED.test(line)),
    body: isChunked ? dechunked(body) : body.toString('latin1'),
  };
}

function dechunked(body: Buffer): string {
  let rest = body.toString('latin1');
  let whole = '';
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = parseInt(rest.slice(0, end), 16);
    if (!(size > 0)) return whole;
    whole += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 4 + size);
  }
}

/** All of the traffic, one request after the other, at the backend itself. */
async function playedDirectly(traffic: readonly Wave[]): Promise<RawReply[]> {
  const recorded = await recordedOrigin();
  const port = Number(new URL(recorded.origin.url).port);
  const replies: RawReply[] = [];
  recorded.release();
  for (const { fails, requests } of traffic) {
    recorded.fails = fails;
    for (const request of requests) replies.push(await play(port, request));
  }
  return replies;
}

async function playedBehind(mode: 'on' | 'observe', traffic: readonly Wave[]) {
  const backend = await recordedOrigin();
  const gateway = await gatewayWith({ to: backend.origin.url, mode });
  const replies = await playThrough(gateway, backend, traffic);
  return { replies, calls: backend.origin.calls.value, forecast: gateway.forecast };
}

/** Whether a forecast is within 5 % of what has happened. */
function isNear(foretold: number, happened: number): boolean {
  return Math.abs(foretold - happened) <= 0.05 * happened;
}

describe('a gateway that observes', () => {
  it.each([1, 2])(
    'answers as the backend does, and foretells what it would do (traffic %i)',
    async (seed) => {
      const traffic = recordedTraffic(seed, 80);
      const direct = await playedDirectly(traffic);
      const observed = await playedBehind('observe', traffic);
      const on = await playedBehind('on', traffic);

      expect(observed.replies.map(comparable)).toEqual(direct.map(comparable));
      expect(observed.calls).toBe(direct.length);
      const forecast = observed.forecast as GatewayForecast;
      const done = counted(on.replies);
      expect(forecast.requests).toBe(direct.length);
      const told = ['hits', 'joined', 'staleWhileRevalidate', 'staleIfError', 'refused'] as const;
      for (const what of told) {
        const figures = { what, foretold: forecast[what], happened: done[what] };
        // None of them stands for nothing.
        expect([figures, done[what] > 0]).toEqual([figures, true]);
        expect([figures, isNear(forecast[what], done[what])]).toEqual([figures, true]);
      }
      expect(forecast.withoutFreshness).toBeGreaterThan(0);
    },
    60_000,
  );

  it('sends what the client has sent, and what any proxy has to', async () => {
    const origin = await originOf((request, response) => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end(JSON.stringify([request.method, request.url, request.rawHeaders]));
    });
    const rules = [
      {
        match: { path: '/keyed/*' },
        key: { query: 'none', cookies: { ignore: ['_ga'] } },
      } as const,
    ];
    const gateway = await gatewayWith({ to: origin.url, mode: 'observe', rules });
    const headers = {
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Custom': 'kept',
      'X-HTTP-Method-Override': 'GET',
      'Accept-Encoding': 'zstd, gzip;q=0.5, deflate',
      Cookie: '_ga=1; session=2',
      'If-None-Match': '"x"',
      Range: 'bytes=0-1',
    };
    const path = '/keyed/%7Ea?b=1&a=2';
    const reply = await play(gateway.port, { method: 'GET', path, headers, body: '' });
    const [method, url, rawHeaders] = JSON.parse(comparable(reply).body) as [
      string,
      string,
      string[],
    ];
    expect([method, url]).toEqual(['GET', path]);
    const sent = new Map(
      rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1]]] : [],
      ) as [string, string][],
    );
    const peer = '127.0.0.1';
    expect(Object.fromEntries(sent)).toEqual({
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      host: 'api.example',
      connection: 'keep-alive',
      'x-forwarded-for': `203.0.113.7, ${peer}`,
      'x-forwarded-host': 'api.example',
      'x-forwarded-port': '443',
      forwarded: expect.stringContaining(peer),
      via: '1.1 breakwater',
    });
  });

  it('is cut off from nothing: what no rule denies goes on, whatever the circuit would say', async () => {
    let isDown = true;
    const origin = await originOf((request, response) => {
      request.resume();
      response.writeHead(isDown ? 503 : 200, ['X-Mixed', 'as it is']);
      response.end(isDown ? 'down' : 'up');
    });
    const rules = [{ match: { path: '/internal/**' }, deny: 404 }] as const;
    const gateway = await gatewayWith({ to: origin.url, mode: 'observe', rules });
    const ask = (path: string, method = 'GET') =>
      play(gateway.port, { method, path, headers: {}, body: method === 'POST' ? 'x' : '' });
    for (let at = 0; at < 5; at++) await ask(`/${at}`);
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { head, body } = await ask('/a', method);
      expect(head).toMatch(/^HTTP\/1\.1 503 .*\r\nX-Mixed: as it is\r\n/);
      expect(head).not.toMatch(/cache-status|x-circuit-state|retry-after/i);
      expect(body.toString()).toContain('down');
    }
    isDown = false;
    expect((await ask('/a')).head).toMatch(/^HTTP\/1\.1 200 /);
    expect(gateway.forecast).toMatchObject({ requests: 9, passed: 5, refused: 4 });
    gateway.clock.advance(5_000);
    await ask('/a');
    await ask('/a', 'POST');
    expect(gateway.forecast).toMatchObject({ requests: 11, passed: 7, refused: 4 });
    expect((await ask('/internal/a')).head).toMatch(/^HTTP\/1\.1 404 /);
    expect(origin.calls.value).toBe(11);
  });

  it('passes on paths that could be read in two ways, where nothing could be dodged by them', async () => {
    const origin = await originOf((request, response) => response.end(request.url));
    const { port } = await gatewayWith({ to: origin.url, mode: 'observe' });
    for (const path of ['/a/../b', '/%2e%2e/b', '/%zz']) {
      const { head, body } = await play(port, { method: 'GET', path, headers: {}, body: '' });
      expect([head.slice(0, 12), body.toString()]).toEqual([
        'HTTP/1.1 200',
        expect.stringContaining(path),
      ]);
    }
  });

  it.each(['observe', 'on'])(
    'leaves ids of requests to the backend while it observes, and has one alone when it is on (%s)',
    async (mode) => {
      const origin = await originOf((request, response) => {
        request.resume();
        response.writeHead(200, ['Cache-Control', 'max-age=60', 'x-request-id', 'its own']);
        response.end();
      });
      const service = await createService({
        env: { PROXY_TO: origin.url, PROXY_MODE: mode },
        logger: false,
      });
      closing.push(() => service.close());
      await service.listen(0, '127.0.0.1');
      const { port } = service.getHttpServer().address() as AddressInfo;
      const seen: string[][] = [];
      for (const body of ['', '', '', 'x']) {
        const headers = { 'X-Request-Id': 'mine' };
        const method = body === '' ? 'GET' : 'POST';
        const { head } = await play(port, { method, path: '/', headers, body });
        seen.push(head.split('\r\n').filter((line) => /^x-request-id:/i.test(line)));
      }
      const line = mode === 'on' ? 'X-Request-Id: mine' : 'x-request-id: its own';
      expect(seen).toEqual([[line], [line], [line], [line]]);
    },
  );

  it('counts what an answer to POST says that it is an answer to GET for', async () => {
    const origin = await originOf((request, response) => {
      request.resume();
      response.writeHead(200, { 'Content-Location': '/made', 'Cache-Control': 'max-age=60' });
      response.end('made');
    });
    const gateway = await gatewayWith({ to: origin.url, mode: 'observe' });
    await play(gateway.port, { method: 'POST', path: '/made', headers: {}, body: 'x' });
    await play(gateway.port, { method: 'GET', path: '/made', headers: {}, body: '' });
    expect(gateway.forecast).toMatchObject({ requests: 2, passed: 1, hits: 1 });
    expect(origin.calls.value).toBe(2);
  });
});
