import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { spawn } from '../../src/ground/testing/spawn.js';
import { gate } from '../support/gate.js';
import { ProcessFixtures } from '../support/process-fixtures.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from './gateway-fixture.js';
import { RealOrigin } from './real-origin.js';

const MIB = 2 ** 20;
const CURL = installed('curl');
const CHROMIUM =
  installed('chromium') ?? installed('chromium-browser') ?? installed('google-chrome');
/** Of what is not there nothing can be told; what that is, the name of the skipped test says. */
const withCurl = CURL === undefined ? describe.skip : describe;
const withChromium = CHROMIUM === undefined ? describe.skip : describe;

/** What differs between an answer of the origin and the same one through the gateway, and may. */
const OF_THE_HOP =
  /^(?:date|connection|keep-alive|transfer-encoding|cache-status|x-circuit-state|x-request-id):?/i;

/** What is used of `playwright-core`, whose types are for programs that know a page's own. */
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Page {
  goto(url: string): Promise<unknown>;
  title(): Promise<string>;
  evaluate(script: string): Promise<unknown>;
  waitForFunction(script: string): Promise<unknown>;
}
interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: readonly string[] }): Promise<Browser>;
  };
}

const fixtures = new ProcessFixtures('after all tests');
let folder: string;
let origin: RealOrigin;
let service: ServiceProcess;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-real-clients-'));
  origin = await RealOrigin.start();
  file = join(folder, 'rules.yaml');
  await writeFile(
    file,
    `version: 1
backends: { api: { url: '${origin.url}' } }
defaults: { backend: api }
rules:
  - { name: live, match: { path: /live/**, upgrade: websocket }, freshness: none }
  - { name: small, match: { path: /uploads/small }, request: { maxBodyBytes: 1000 } }
`,
  );
  service = await fixtures.launch({ PROXY_RULES: file, PROXY_TO: origin.url });
});

afterAll(async () => {
  await origin.close();
  await rm(folder, { recursive: true });
});

/** Runs curl; what it prints is read as it comes. */
class Curl {
  out = Buffer.alloc(0);
  err = '';
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;

  constructor(...args: readonly string[]) {
    this.child = spawn(CURL as string, ['-sS', '--max-time', '120', ...args], { stdio: 'pipe' });
    this.child.stdout?.on('data', (piece: Buffer) => (this.out = Buffer.concat([this.out, piece])));
    this.child.stderr?.setEncoding('utf8').on('data', (piece: string) => (this.err += piece));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** All that it has printed, once it has ended well. */
  async text(): Promise<string> {
    const code = await this.ended;
    if (code !== 0) throw new Error(`curl ended with ${String(code)}: ${this.err}`);
    return this.out.toString('latin1');
  }

  async until(piece: string): Promise<void> {
    await until(() => this.out.includes(piece), piece);
  }
}

const at = (path: string) => `http://127.0.0.1:${service.port}${path}`;

withCurl('curl', () => {
  it.each([
    ['GET', []],
    ['HEAD', ['-I']],
    ['OPTIONS', ['-X', 'OPTIONS']],
    ['OPTIONS *', ['-X', 'OPTIONS', '--request-target', '*']],
    ['PUT', ['-X', 'PUT', '--data-binary', 'a=1\r\n\tb', '-H', 'Content-Type: text/plain']],
    ['PUT without a body', ['-X', 'PUT']],
    ['PATCH', ['-X', 'PATCH', '-d', '{"op":"add"}', '-H', 'Content-Type: application/json']],
    ['POST', ['-d', 'a=1&b=2']],
    ['DELETE', ['-X', 'DELETE']],
    ['DELETE with a body', ['-X', 'DELETE', '-d', 'why']],
    ['PROPFIND', ['-X', 'PROPFIND']],
    ['HTTP/1.0', ['-0']],
  ])('has by %s what the API itself says', async (_, args) => {
    const path = '/things/%C3%A4%20b?x=1&x=%2F';
    const ask = (base: string) =>
      new Curl('-i', '-H', 'X-Of-Client: one', ...args, `${base}${path}`).text();
    const [own, told] = [await ask(origin.url), await ask(at(''))];
    expect(linesOf(told)).toEqual(linesOf(own));
    expect(told.slice(told.indexOf('\r\n\r\n'))).toBe(own.slice(own.indexOf('\r\n\r\n')));
  });

  describe('that asks whether to send its body', () => {
    const size = 64 * MIB;
    const body = Buffer.alloc(size);
    for (let i = 0; i < size; i += 4) body.writeUInt32LE(Math.imul(i, 0x9e3779b1) >>> 0, i);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const ASKING = ['-v', '--expect100-timeout', '100', '-H', 'Expect: 100-continue'];

    beforeEach(() => {
      origin.uploads.length = 0;
      origin.expecting = 0;
    });

    it.each([
      ['with its length', (file: string) => ['-T', file]],
      [
        'in chunks',
        (file: string) => [
          '-T',
          '-',
          '-X',
          'POST',
          '-H',
          'Transfer-Encoding: chunked',
          '--stdin',
          file,
        ],
      ],
    ])('is told by the API, %s, and the body passes in little memory', async (_, how) => {
      const file = join(folder, 'body');
      writeFileSync(file, body);
      const go = gate();
      origin.expected = { go };
      forgetPeak(service.pid);
      const before = residentMiB(service.pid, 'VmRSS');
      const args = how(file).filter((arg, i, all) => arg !== '--stdin' && all[i - 1] !== '--stdin');
      const curl = new Curl(...ASKING, ...args, at('/uploads/big'));
      if (args.includes('-')) curl.child.stdin?.end(body);
      await until(() => origin.expecting === 1, 'the question');
      // Nobody but the API says that it may go on.
      expect(curl.err).not.toContain('< HTTP/1.1');
      go.open();
      expect(await curl.text()).toBe('stored');
      expect(curl.err).toContain('< HTTP/1.1 100 Continue');
      expect(origin.uploads).toEqual([expect.objectContaining({ bytes: size, sha256 })]);
      expect(residentMiB(service.pid, 'VmHWM') - before).toBeLessThan(48);
    });

    it('keeps its body where the API refuses', async () => {
      origin.expected = { go: openGate(), refuseWith: 403 };
      const curl = new Curl(
        ...ASKING,
        '-T',
        '-',
        '-w',
        '%{http_code} %{size_upload}',
        at('/uploads/big'),
      );
      expect(await curl.text()).toBe('403 0');
      expect([origin.expecting, origin.uploads]).toEqual([1, []]);
    });

    it('keeps its body where the rule refuses, and the API is not asked', async () => {
      origin.expected = { go: openGate() };
      const file = join(folder, 'two-kilobytes');
      writeFileSync(file, body.subarray(0, 2_000));
      const curl = new Curl(
        ...ASKING,
        '-T',
        file,
        '-w',
        ' %{http_code} %{size_upload}',
        at('/uploads/small'),
      );
      expect(await curl.text()).toBe('{"error":"content too large"} 413 0');
      expect(origin.expecting).toBe(0);
    });
  });

  it.each([
    ['events', ['-H', 'Accept: text/event-stream'], 'GET'],
    [
      'chunks, asked for by POST, as of gRPC-web',
      ['-H', 'Accept: application/grpc-web+proto', '-d', 'message'],
      'POST',
    ],
  ])('has %s one by one, each before the next is sent', async (_, args, name) => {
    const path = `/held/${name}`;
    const curl = new Curl('-N', '-i', ...args, at(path));
    const held = await origin.heldAt(path);
    for (let n = 1; n <= 5; n++) {
      held.write(`id: ${n}\ndata: event ${n}\n\n`);
      await curl.until(`event ${n}\n\n`);
    }
    held.end();
    expect(await curl.text()).toMatch(/event 5\n\n$/);
  });

  it('has the trailers behind a streamed answer', async () => {
    const path = '/held/trailers';
    const curl = new Curl('-N', '--raw', '-i', '-H', 'TE: trailers', '-d', 'message', at(path));
    const held = await origin.heldAt(path);
    held.write('message');
    await curl.until('message');
    held.addTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' });
    held.end();
    const answer = await curl.text();
    expect(answer).toMatch(/\r\nTrailer: grpc-status, grpc-message\r\n/i);
    expect(answer).toMatch(/\r\n0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n$/);
  });
});

describe('fetch', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'])(
    'has by %s what the API itself says',
    async (method) => {
      const body = /^P/.test(method) ? { body: `by ${method}` } : {};
      const ask = async (base: string) => {
        const answer = await fetch(`${base}/things/1?x=1`, { method, ...body });
        const fields = [...answer.headers].filter(([name]) => !OF_THE_HOP.test(name));
        return [answer.status, fields, await answer.text()];
      };
      expect(await ask(at(''))).toEqual(await ask(origin.url));
    },
  );

  it('has an upload read while it is sent, and an answer while it comes', async () => {
    const pieces = ['first ', 'second ', 'third'];
    const body = ReadableStream.from(pieces.map((piece) => Buffer.from(piece)));
    const answer = await fetch(at('/things/up'), { method: 'POST', body, duplex: 'half' });
    expect(((await answer.json()) as { text: string }).text).toBe(pieces.join(''));

    const coming = fetch(at('/held/fetched'));
    const held = await origin.heldAt('/held/fetched');
    const reader = ((await coming).body as ReadableStream<Uint8Array>).getReader();
    for (const piece of pieces) {
      held.write(piece);
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe(piece);
    }
    held.end();
    expect((await reader.read()).done).toBe(true);
  });

  it('that is given up ends the call', async () => {
    const given = new AbortController();
    const coming = fetch(at('/held/given-up'), { signal: given.signal });
    const held = await origin.heldAt('/held/given-up');
    held.write('some');
    await coming;
    given.abort();
    await until(() => held.destroyed, 'the end of the call');
    expect(held.writableFinished).toBe(false);
  });
});

describe('ws', () => {
  const open: WebSocket[] = [];
  afterEach(() => open.splice(0).forEach((socket) => socket.terminate()));

  async function connect(
    path: string,
    protocols: string[] = [],
    { port } = service,
  ): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
    open.push(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return socket;
  }
  const next = (socket: WebSocket, event: 'message' | 'pong' | 'close') =>
    new Promise<unknown[]>((resolve) => {
      socket.once(event, (...told: unknown[]) => resolve(told));
    });

  it('has its messages back: text, megabytes, pings, compressed, and the close', async () => {
    const socket = await connect('/live/echo', ['chat', 'other']);
    expect([socket.protocol, socket.extensions]).toEqual([
      'chat',
      expect.stringContaining('permessage-deflate'),
    ]);
    for (const said of ['a', 'ä'.repeat(70_000), '']) {
      const answer = next(socket, 'message');
      socket.send(said);
      expect(String((await answer)[0])).toBe(said);
    }
    const bytes = Buffer.from(Uint8Array.from({ length: 4 * MIB }, (_, i) => (i * 31) ^ (i >> 8)));
    const answer = next(socket, 'message');
    socket.send(bytes);
    const [data, isBinary] = await answer;
    expect([bytes.equals(data as Buffer), isBinary]).toEqual([true, true]);
    const pong = next(socket, 'pong');
    socket.ping('still there');
    expect(String((await pong)[0])).toBe('still there');
    const closed = next(socket, 'close');
    socket.close(4_001, 'done');
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4_001, 'done']);
  });

  it('goes on beside many others, and beside requests', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connect('/live/many')));
    const answers = sockets.map((socket) => next(socket, 'message'));
    sockets.forEach((socket, i) => socket.send(`of ${i}`));
    expect((await Promise.all(answers)).map(([data]) => String(data))).toEqual(
      sockets.map((_, i) => `of ${i}`),
    );
    expect((await fetch(at('/things/1'))).status).toBe(200);
  });

  it('is let go of when the service stops, however much there is to say, and the process ends', async () => {
    const stopping = await fixtures.launch({ PROXY_RULES: file, SHUTDOWN_GRACE_MS: '20000' });
    const socket = await connect('/live/echo', [], stopping);
    let answers = 0;
    socket.on('message', () => {
      answers++;
      socket.send('more');
    });
    socket.send('first');
    await until(() => answers > 2, 'a conversation');
    const closed = next(socket, 'close');
    const from = performance.now();
    stopping.signal('SIGTERM');
    await closed;
    expect(await stopping.exited).toEqual({ code: 0, signal: null });
    // Not by the end of the grace, which is for whoever has an end.
    expect(performance.now() - from).toBeLessThan(15_000);
  });

  it('is told that nobody switches, where the rule does not say so', async () => {
    await expect(connect('/things/live')).rejects.toThrow('Unexpected server response: 200');
  });
});

withChromium('a browser', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const require = createRequire(join(process.cwd(), 'package.json'));
    const { chromium } = require('playwright-core') as Playwright;
    browser = await chromium.launch({
      executablePath: CHROMIUM as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage();
    await page.goto(at('/page'));
  });

  afterAll(() => browser.close());

  it('shows a page of the application, and fetches by all methods', async () => {
    expect(await page.title()).toBe('An application');
    const told = await page.evaluate(`Promise.all(
      ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'].map(async (method) => {
        const body = /^P/.test(method) ? 'by ' + method : undefined;
        const answer = await fetch('/things/browsed', { method, body });
        return [method, answer.status, answer.headers.get('X-Seen') ?? answer.headers.get('X-Deleted')];
      }),
    )`);
    expect(told).toEqual([
      ...['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH'].map((it) => [it, 200, `${it} /things/browsed`]),
      ['POST', 201, 'POST /things/browsed'],
      ['DELETE', 204, '/things/browsed'],
    ]);
  });

  it('has events by EventSource, each before the next is sent', async () => {
    await page.evaluate(`window.events = [];
      window.source = new EventSource('/held/event-source');
      window.source.onmessage = ({ data }) => window.events.push(data);`);
    const held = await origin.heldAt('/held/event-source');
    for (let n = 1; n <= 5; n++) {
      held.write(`data: ${n}\n\n`);
      await page.waitForFunction(`window.events.length === ${n}`);
    }
    await page.evaluate('window.source.close()');
    await until(() => held.destroyed, 'the end of the call');
    expect(await page.evaluate('window.events')).toEqual(['1', '2', '3', '4', '5']);
  });

  it('has its messages back by WebSocket', async () => {
    const told = await page.evaluate(`new Promise((resolve, reject) => {
      const socket = new WebSocket('/live/browsed');
      socket.onopen = () => socket.send('from the browser');
      socket.onmessage = ({ data }) => { socket.close(); resolve(data); };
      socket.onerror = () => reject(new Error('no connection'));
    })`);
    expect(told).toBe('from the browser');
  });
});

/** Lines of a head, sorted, without those of one hop. */
function linesOf(answer: string): string[] {
  const [status = '', ...lines] = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n');
  return [status, ...lines.filter((line) => !OF_THE_HOP.test(line)).sort()];
}

function installed(name: string): string | undefined {
  const { stdout, status } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function openGate() {
  const go = gate();
  go.open();
  return go;
}

/** Memory of a process, in MiB: what it holds now (`VmRSS`), or has at most held (`VmHWM`). */
function residentMiB(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024;
}

function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
