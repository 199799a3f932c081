import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpsRequest } from 'node:https';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { GatewayService, acceptSpecialRequests } from '../../src/gateway/index.js';
import { get } from '../support/http-client.js';
import { ProcessFixtures } from '../support/process-fixtures.js';
import { Origin, RunningGateway, gatewayImports } from './gateway-fixture.js';

/** Without it there are no certificates; the name of the skipped tests says so. */
const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;
const withOpenssl = HAS_OPENSSL ? describe : describe.skip;

const FRESH = { 'Cache-Control': 'max-age=60' };

const fixtures = new ProcessFixtures('after all tests');
let folder: string;
let key: string;
let cert: string;
let certFile: string;
let closing: (() => unknown)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-tls-'));
  certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const out = ['-keyout', keyFile, '-out', certFile, '-days', '2'];
  if (!HAS_OPENSSL) return;
  const made = spawnSync('openssl', ['req', '-x509', ...curve, ...names, ...out]);
  expect([made.status, String(made.stderr).includes('rror')]).toEqual([0, false]);
  [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

/** A server behind a certificate that only whoever is told trusts. */
async function encrypted(listener: Parameters<typeof createServer>[1]): Promise<[number, Server]> {
  const server = createServer({ key, cert }, listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return [(server.address() as AddressInfo).port, server];
}

/** Asks by https. */
function ask(
  port: number,
  path: string,
  { method = 'GET', body = '' } = {},
): Promise<{ status: number; text: string; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const options = { host: 'localhost', port, path, method, ca: cert, agent: false };
    const request = httpsRequest(options, (incoming: IncomingMessage) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      const { statusCode: status = 0, headers } = incoming;
      incoming.on('end', () => resolve({ status, text, headers }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

withOpenssl('a backend by https (openssl)', () => {
  it('is asked by its own name, with and without a body, and by WebSocket', async () => {
    const seen: [string | undefined, string | undefined][] = [];
    const [port, server] = await encrypted((request, response) => {
      seen.push([request.headers.host, request.method]);
      response.writeHead(200, FRESH);
      request.pipe(response);
      if (request.method === 'GET') response.end('kept');
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const file = join(folder, 'rules.yaml');
    writeFileSync(
      file,
      `version: 1
backends: { api: { url: 'https://localhost:${String(port)}' } }
defaults: { backend: api }
rules:
  - { match: { path: /live/**, upgrade: websocket } }
  - { match: { path: /** } }
`,
    );
    const service = await fixtures.launch({ PROXY_RULES: file, NODE_EXTRA_CA_CERTS: certFile });
    expect((await get(service.port, '/a')).text).toBe('kept');
    expect((await get(service.port, '/a')).headers['cache-status']).toMatch(/; hit/);
    const posted = await get(service.port, '/a', { method: 'POST', body: 'said' });
    expect([posted.status, posted.text]).toEqual([200, 'said']);
    const own = `localhost:${String(port)}`;
    expect(seen).toEqual([
      [own, 'GET'],
      [own, 'POST'],
    ]);
    const socket = new WebSocket(`ws://127.0.0.1:${String(service.port)}/live/echo`);
    const answer = new Promise((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    );
    socket.once('open', () => socket.send('over both'));
    expect(await answer).toBe('over both');
    socket.terminate();
  });

  it('is not believed where nobody vouches for it', async () => {
    let calls = 0;
    const [port] = await encrypted((_, response) => {
      calls++;
      response.end();
    });
    const gateway = await RunningGateway.start({ to: `https://localhost:${String(port)}` });
    closing.push(() => gateway.close());
    expect((await get(gateway.port, '/a')).status).toBe(502);
    expect((await get(gateway.port, '/a', { method: 'POST', body: 'x' })).status).toBe(502);
    expect(calls).toBe(0);
  });
});

withOpenssl('a gateway by https (openssl)', () => {
  it('tells backends so, keeps apart what was asked for otherwise, and switches', async () => {
    const origin = await Origin.start(({ headers, url }, response) => {
      response.writeHead(200, FRESH);
      response.end(`${url ?? ''} by ${String(headers['x-forwarded-proto'])}`);
    });
    const live = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(live, 'listening');
    live.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(data.toString())),
    );
    class App {}
    const context = await NestFactory.createApplicationContext(
      {
        module: App,
        imports: gatewayImports({
          to: origin.url,
          backends: {
            live: { url: `http://127.0.0.1:${String((live.address() as AddressInfo).port)}` },
          },
          rules: [{ match: { path: '/live/**', upgrade: 'websocket' }, backend: 'live' }],
        }),
      },
      { logger: ['error'] },
    );
    const gateway = context.get(GatewayService);
    const [port, server] = await encrypted(gateway.handler());
    acceptSpecialRequests(server, (request) => gateway.switches(request));
    closing.push(
      () => context.close(),
      () => origin.close(),
      () => live.close(),
    );
    const first = await ask(port, '/a');
    expect([first.status, first.text]).toEqual([200, '/a by https']);
    expect((await ask(port, '/a')).headers['cache-status']).toMatch(/; hit/);
    const posted = await ask(port, '/p', { method: 'POST', body: 'x'.repeat(100_000) });
    expect(posted.text).toBe('/p by https');
    expect(origin.calls.value).toBe(2);
    const socket = new WebSocket(`wss://localhost:${String(port)}/live/echo`, { ca: cert });
    const answer = new Promise((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    );
    socket.once('open', () => socket.send('encrypted'));
    expect(await answer).toBe('encrypted');
    socket.terminate();
  });
});
