import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { INestApplication, MiddlewareConsumer, NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayMiddleware } from '../../src/gateway/index.js';
import type { GatewayModuleOptions } from '../../src/gateway/index.js';
import { ManualClock } from '../../src/ground/manual-clock.js';
import { gate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { start } from '../support/http-client.js';
import type { PendingReply } from '../support/http-client.js';
import { MESSAGES } from './conformance/messages.js';
import { REUSING } from './conformance/reusing.js';
import type { Answered, Asking, Step, Then } from './conformance/row.js';
import { STORING } from './conformance/storing.js';
import { Origin, RunningGateway, gatewayImports, turn, until } from './gateway-fixture.js';

/** The tables of the design, row by row, in answers to requests. */
const ROWS = [...STORING, ...REUSING, ...MESSAGES];
const PROFILES = ['guarded', 'rfc'] as const;
const CASES = PROFILES.flatMap((trust) =>
  ROWS.filter((row) => row.trust === undefined || row.trust === trust).map((row) => ({
    ...row,
    name: `${row.rule} (${row.rfc}) ${row.it}`,
    trust,
    isOfBoth: row.trust === undefined,
  })),
);

/** What a gateway stands on, and how it is closed. */
interface Mounted {
  readonly port: number;
  close(): Promise<void>;
}

const clock = new ManualClock();
/** By path: what the backend answers next, and what it was asked. */
const answers = new Map<string, Answered>();
const calls = new Map<string, IncomingMessage[]>();
let origin: Origin;
/** Holds back what waits. */
let held: Gate = gate();
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

let folder: string;
/** The token that purges. */
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-conformance-'));
  file = join(folder, 'token');
  await writeFile(file, 'of-the-house\n');
  origin = await Origin.start((request, response) => void answer(request, response));
});

afterAll(async () => {
  agent.destroy();
  await origin.close();
  await rm(folder, { recursive: true });
});

function options(): GatewayModuleOptions {
  const rule = (trust: (typeof PROFILES)[number]) => ({
    name: trust,
    match: { path: `/${trust}/**` },
    backend: 'api',
    circuit: 'off',
    retries: { connection: 0 },
    tags: { header: 'Surrogate-Key' },
    trust,
  });
  const backends = { api: { url: origin.url } };
  return { backends, rules: PROFILES.map(rule), purge: { tokenFile: file } };
}

async function onAdapter(adapter: AbstractHttpAdapter): Promise<Mounted> {
  @Module({ imports: gatewayImports(options(), clock) })
  class App implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(GatewayMiddleware).forRoutes('{*path}');
    }
  }
  const app: INestApplication = await NestFactory.create(App, adapter, {
    logger: ['error'],
    bodyParser: false,
  });
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  const { port } = server.address() as { port: number };
  return {
    port,
    close: () => {
      server.closeAllConnections();
      return app.close();
    },
  };
}

const MOUNTS: [string, () => Promise<Mounted>][] = [
  ['Node alone', () => RunningGateway.start(options(), { clock })],
  ['Express', () => onAdapter(new ExpressAdapter())],
  ['Fastify', () => onAdapter(new FastifyAdapter({ routerOptions: { maxParamLength: 4_096 } }))],
];

describe.each(MOUNTS)('a gateway on %s', (mount, start) => {
  let mounted: Mounted;
  let rows = 0;

  beforeAll(async () => {
    mounted = await start();
  });

  afterAll(() => mounted.close());

  // What both profiles have in common depends on no adapter beside one of them.
  const cases = CASES.filter(
    (row) => mount === 'Node alone' || row.trust === 'guarded' || !row.isOfBoth,
  );
  it.each(cases)('$trust: $name', async ({ trust, steps }) => {
    const path = `/${trust}/${mount.replace(' ', '-')}/${String(++rows)}`;
    for (const step of steps) await take(mounted.port, path, step);
  });
});

describe('the tables', () => {
  it('have each of their rules, in what it allows and in what it does not', () => {
    const counts = new Map<string, number>();
    for (const { rule } of ROWS) counts.set(rule, (counts.get(rule) ?? 0) + 1);
    // What is not here is whole files of its own: streams, tunnels, limits, clusters.
    const rules =
      'C1 C2 C3 S1 S2 S3 S4 S5 S6 S7 S8 S10 S11 K1 K2 K3 K4 K5 K6 F1 F2 F3 F4 F5 F6 F7 R1 R2';
    const more = 'L1 L2 L3 L4 V1 V2 V3 V4 U1 U3 I1 I2 I3 P1 H1 H2 H3 N1 N2 N4 N5';
    for (const rule of `${rules} ${more}`.split(' ')) {
      expect([rule, (counts.get(rule) ?? 0) > 1]).toEqual([rule, true]);
    }
  });
});

async function take(port: number, path: string, step: Step): Promise<void> {
  const { after = 0, when = {}, says = {}, meanwhile, then } = step;
  clock.advance(after * 1_000);
  answers.set(path, says);
  held = gate();
  const made = () => calls.get(path)?.length ?? 0;
  const before = made();
  const asked = ask(port, path, when);
  if (meanwhile !== undefined) {
    await until(() => made() > before, 'the call that waits');
    answers.set(path, meanwhile.says ?? {});
    await ask(port, path, meanwhile.when).reply;
  }
  held.open();
  const reply = await asked.reply.catch((error: unknown) => {
    if (says.breaks === 'within') return undefined;
    throw error;
  });
  await until(() => made() - before >= then.calls, 'the calls of the backend');
  for (let turns = 0; turns < 3; turns++) await turn();
  expect(made() - before).toBe(then.calls);
  if (reply === undefined) return;
  const { has = {}, sent = {} }: Then = then;
  if (then.status !== undefined) expect(reply.status).toBe(then.status);
  if (then.text !== undefined) expect(reply.text).toBe(then.text);
  if (then.interim !== undefined) expect(asked.interim).toEqual(then.interim);
  for (const [name, value] of Object.entries(has)) expectField(name, reply.headers[name], value);
  const last = calls.get(path)?.at(-1)?.headers ?? {};
  for (const [name, value] of Object.entries(sent)) expectField(name, last[name], value);
}

function ask(port: number, path: string, asking: Asking): PendingReply {
  const { method = 'GET', headers, at = '', from = '', body } = asking;
  return start(port, from + path + at, {
    method,
    agent,
    headers: { Host: 'api.example', ...headers },
    ...(body !== undefined && { body }),
  });
}

function expectField(
  name: string,
  value: string | readonly string[] | undefined,
  matches: string | RegExp | undefined,
): void {
  const text = value === undefined ? undefined : String(value);
  if (matches instanceof RegExp)
    expect([name, text]).toEqual([name, expect.stringMatching(matches)]);
  else expect([name, text]).toEqual([name, matches]);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '')
    .split('/')
    .slice(0, 4)
    .join('/')
    .replace(/[?%].*$/, '');
  const asked = calls.get(path) ?? [];
  calls.set(path, [...asked, request]);
  const said: Answered = answers.get(path) ?? {};
  const { status = 200, headers = {}, undated, closes, breaks, waits, interim } = said;
  const { opened } = held;
  if (interim === 'hints') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  if (interim === 'continue') response.writeContinue();
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  if (!said.early) await once(request, 'end');
  const body = said.echoes ? Buffer.concat(pieces).toString() : said.body;
  if (waits === 'head') await opened;
  if (breaks === 'before') {
    request.socket.destroy();
    return;
  }
  if (undated) response.sendDate = false;
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, typeof value === 'string' ? value.replace('@', path) : [...value]);
  }
  const bytes = body ?? String(asked.length + 1);
  response.statusCode = status;
  if (waits === 'body') {
    response.flushHeaders();
    await opened;
  }
  if (breaks === 'within') {
    response.setHeader('Content-Length', 10);
    response.write(bytes, () => request.socket.destroy());
  } else if (closes) {
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.removeHeader('Content-Length');
    response.flushHeaders();
    response.end(bytes);
  } else {
    response.end(status === 204 || status === 304 ? undefined : bytes);
  }
}
