import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { Origin, RunningGateway, Stream, turn, until } from './gateway-fixture.js';

/** Who asks beside a client that says nothing of himself. */
const CLIENTS = {
  plain: {},
  'tag that holds': { 'If-None-Match': '"v"' },
  'tag that does not': { 'If-None-Match': '"other"' },
  'date that holds': { 'If-Modified-Since': 'Thu, 01 Jan 2026 00:00:00 GMT' },
  part: { Range: 'bytes=2-5' },
  'part of the same': { Range: 'bytes=2-5', 'If-Range': '"v"' },
  authorization: { Authorization: 'Basic eA==' },
  cookie: { Cookie: 'id=1' },
  'no-cache': { 'Cache-Control': 'no-cache' },
  head: {},
} as const;
type Client = keyof typeof CLIENTS;

const FRESH = {
  'Cache-Control': 'max-age=60',
  ETag: '"v"',
  'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
};

interface Kind {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the first call comes to, in place of an answer. */
  readonly first?: 'reset' | 'hang' | 'short' | 'chunk';
  /** Nobody but who has asked may have it. */
  readonly own?: boolean;
  /** Nobody with other values may have it. */
  readonly varies?: boolean;
  readonly early?: boolean;
}

/** What the backend says. */
const KINDS = {
  fresh: { headers: FRESH },
  silent: { headers: {} },
  'max-age=0': { headers: { ...FRESH, 'Cache-Control': 'max-age=0' } },
  'no-cache': { headers: { ...FRESH, 'Cache-Control': 'no-cache' } },
  'a part': { status: 206, headers: { ...FRESH, 'Content-Range': 'bytes 0-9/99' }, own: true },
  404: { status: 404, headers: { 'Cache-Control': 'max-age=60' } },
  500: { status: 500, headers: {} },
  private: { headers: { ...FRESH, 'Cache-Control': 'private, max-age=60' }, own: true },
  'no-store': { headers: { 'Cache-Control': 'no-store' }, own: true },
  'varies, the same': { headers: { ...FRESH, Vary: 'Accept' }, varies: true },
  'varies, another': { headers: { ...FRESH, Vary: 'X-Lang' }, varies: true },
  'varies by all': { headers: { ...FRESH, Vary: '*' }, own: true },
  'sets a cookie': { headers: { ...FRESH, 'Set-Cookie': 'id=7' }, own: true },
  'is short': { headers: FRESH, first: 'short' },
  'lacks a chunk': { headers: FRESH, first: 'chunk' },
  'is reset': { headers: FRESH, first: 'reset' },
  hangs: { headers: FRESH, first: 'hang' },
  'is told of early': { headers: FRESH, early: true },
} as const satisfies Record<string, Kind>;
type KindName = keyof typeof KINDS;

const MOMENTS = ['before the head', 'after the head', 'after the end', 'after expiry'] as const;
const LEAVERS = ['nobody', 'the leader', 'the joiner', 'all'] as const;
/** Those of whom it is tried out that somebody leaves. */
const WITH_LEAVERS: readonly Client[] = ['plain', 'part', 'cookie', 'head'];

/** An answer that the backend has begun. */
interface Made {
  readonly body: string;
  readonly by: string;
  readonly lang: string;
  readonly isBroken: boolean;
}

/** A client of a cell. */
interface Party {
  readonly id: string;
  readonly client: Client;
  readonly lang: string;
  readonly stream: Stream;
  hasLeft: boolean;
}

/** One combination. */
class Cell {
  readonly path: string;
  readonly made: Made[] = [];
  readonly head = gate();
  readonly rest = gate();
  calls = 0;
  open = 0;
  hasHead = false;
  readonly parties: Party[] = [];

  constructor(
    readonly kind: KindName,
    readonly client: Client,
    readonly leaver: (typeof LEAVERS)[number],
    moment: string,
  ) {
    this.path = `/${[kind, client, leaver, moment].join('/')}`.replace(/[^a-z0-9/]+/gi, '-');
  }

  ask(client: Client, lang: string): Party {
    const id = `${client} ${String(this.parties.length)}`;
    const headers = { Host: 'api', 'X-Client': id, 'X-Lang': lang, ...CLIENTS[client] };
    const method = client === 'head' ? 'HEAD' : 'GET';
    const stream = new Stream(gateway.port, this.path, { headers, method });
    const party = { id, client, lang, stream, hasLeft: false };
    this.parties.push(party);
    return party;
  }

  get what(): string {
    return decodeURI(this.path);
  }
}

let origin: Origin;
let gateway: RunningGateway;
const cells = new Map<string, Cell>();

beforeAll(async () => {
  origin = await Origin.start((request, response) => void answer(request, response));
  const rule = (path: string, head: '500ms' | '60s') => ({
    match: { path: `/${path}` },
    backend: 'api',
    retries: { connection: 0 },
    timeouts: { head },
  });
  gateway = await RunningGateway.start({
    backends: { api: { url: origin.url, circuit: 'off' } },
    rules: [rule('hangs/**', '500ms'), rule('**', '60s')],
  });
});

afterAll(async () => {
  await gateway.close();
  await origin.close();
});

describe.each(MOMENTS)('who comes %s', (moment) => {
  it.each(Object.keys(KINDS) as KindName[])(
    'gets what he may have, where the answer %s',
    async (kind) => {
      const isDuring = moment === 'before the head' || moment === 'after the head';
      const all = (Object.keys(CLIENTS) as Client[]).flatMap((client) =>
        LEAVERS.filter(
          (who) => who === 'nobody' || (isDuring && WITH_LEAVERS.includes(client)),
        ).map((leaver) => new Cell(kind, client, leaver, moment)),
      );
      for (const cell of all) cells.set(cell.path, cell);
      await play(all, moment);
      for (const cell of all) judge(cell, moment);
    },
  );
});

/** All cells at once, each moment of them together. */
async function play(all: readonly Cell[], moment: (typeof MOMENTS)[number]): Promise<void> {
  const asked = gateway.asked.value;
  const leaders = all.map((cell) => cell.ask('plain', 'de'));
  await until(() => all.every(({ calls }) => calls > 0), 'the first calls');
  if (moment !== 'before the head') {
    for (const { head } of all) head.open();
    const isThere = ({ stream }: Party) => stream.status > 0 || stream.end !== undefined;
    await until(() => leaders.every(isThere), 'the heads');
  }
  if (moment === 'after the end' || moment === 'after expiry') {
    for (const { rest } of all) rest.open();
    await Promise.all(leaders.map(({ stream }) => stream.ended()));
  }
  if (moment === 'after expiry') gateway.clock.advance(61_000);
  const others = all.map((cell) =>
    cell.ask(cell.client, cell.kind === 'varies, another' ? 'fr' : 'de'),
  );
  await gateway.waitForAsked(asked + 2 * all.length);
  for (const [at, { leaver }] of all.entries()) {
    const [leader, joiner] = [leaders[at], others[at]] as [Party, Party];
    for (const party of [leader, joiner]) {
      const isMeant =
        leaver === 'all' || leaver === (party === leader ? 'the leader' : 'the joiner');
      if (!isMeant || party.stream.end !== undefined) continue;
      party.hasLeft = true;
      party.stream.leave();
    }
  }
  for (let turns = 0; turns < 10; turns++) await turn();
  for (const { head, rest } of all) {
    head.open();
    rest.open();
  }
  for (const cell of all) for (const { stream } of cell.parties) await stream.ended();
  // Whoever comes then finds nothing stuck.
  const next = all.map((cell) => cell.ask('plain', 'de'));
  await Promise.all(next.map(({ stream }) => stream.ended()));
  await until(() => all.every(({ open }) => open === 0), 'the end of all calls');
}

function judge(cell: Cell, moment: string): void {
  const kind: Kind = KINDS[cell.kind];
  for (const party of cell.parties) {
    const verdict = faultOf(cell, kind, party);
    expect([cell.what, party.id, verdict]).toEqual([cell.what, party.id, undefined]);
  }
  const isShared = ['fresh', '404', 'varies, the same', 'is told of early'].includes(
    String(cell.kind),
  );
  const joins = ['plain', 'tag that holds', 'tag that does not', 'date that holds', 'no-cache'];
  if (isShared && cell.leaver === 'nobody' && joins.includes(cell.client)) {
    expect([cell.what, cell.calls]).toEqual([cell.what, moment === 'after expiry' ? 2 : 1]);
  }
  // One each, and one behind, or once more for what could not be confirmed.
  expect([cell.what, cell.calls <= cell.parties.length + 1]).toEqual([cell.what, true]);
}

/** What is wrong with what a client got. */
function faultOf({ made }: Cell, kind: Kind, party: Party): string | undefined {
  const { stream, hasLeft, client, id, lang } = party;
  const { status, end } = stream;
  if (hasLeft) return undefined;
  const isLame = kind.first !== undefined;
  const isCutShort = kind.first === 'short' || kind.first === 'chunk';
  if (end !== 'whole') return isCutShort ? undefined : 'a part that is not told from the whole';
  if (status === 502 || status === 504) return isLame ? undefined : String(status);
  if (status === 304)
    return 'If-None-Match' in CLIENTS[client] || client === 'date that holds' ? undefined : '304';
  const text = String(stream.body);
  if (client === 'head') return text === '' ? undefined : 'a body for HEAD';
  const isPart = status === 206 && kind.status !== 206;
  if (isPart && !('Range' in CLIENTS[client])) return '206 that nobody asked for';
  if (!isPart && status !== (kind.status ?? 200)) return `status ${String(status)}`;
  const whole = made.filter(({ isBroken }) => !isBroken);
  const matching = whole.filter(({ body }) => (isPart ? body.slice(2, 6) : body) === text);
  if (matching.length === 0) return `what nobody has made: ${text}`;
  // Of a part it cannot be told whose it is.
  if (isPart) return undefined;
  const [{ by, lang: madeFor } = { by: '', lang: '' }] = matching;
  if (by === id) return undefined;
  if (kind.own === true) return `what is ${by}’s alone`;
  if (kind.varies === true && madeFor !== lang) return `what was made for ${madeFor}`;
  if (client === 'authorization') return `what was made for ${by}`;
  return /^(?:authorization|cookie)/.test(by) ? `what was made for ${by}` : undefined;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const cell = cells.get(request.url ?? '') as Cell;
  const kind: Kind = KINDS[cell.kind];
  const { headers, method } = request;
  const isFirst = ++cell.calls === 1;
  cell.open++;
  response.once('close', () => cell.open--);
  const first = isFirst ? kind.first : undefined;
  const by = String(headers['x-client']);
  const lang = String(headers['x-lang']);
  const body = `${String(cell.calls)} by ${by} in ${lang} `.padEnd(80, '.');
  const pass = (it: Gate) =>
    isFirst ? Promise.race([it.opened, once(response, 'close')]) : undefined;
  const isBroken = first !== undefined;
  cell.made.push({ body, by, lang, isBroken });
  if (isFirst && kind.early === true) response.writeEarlyHints({ link: '</a>; rel=preload' });
  await pass(cell.head);
  if (first === 'hang') return;
  if (first === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const fields = { ...kind.headers };
  // What differs by a value has a tag for each.
  if (kind.varies === true && 'ETag' in fields) fields.ETag = lang === 'de' ? '"v"' : '"v-fr"';
  const tags = headers['if-none-match']?.split(', ') ?? [];
  if (tags.includes(fields['ETag'] ?? '')) {
    response.writeHead(304, fields);
    response.end();
    return;
  }
  const length = first === 'chunk' ? {} : { 'Content-Length': body.length };
  response.writeHead(kind.status ?? 200, { ...fields, ...length });
  if (method === 'HEAD') {
    response.end();
    return;
  }
  response.write(body.slice(0, 40));
  await pass(cell.rest);
  if (first === undefined) response.end(body.slice(40));
  else request.socket.destroy();
}
