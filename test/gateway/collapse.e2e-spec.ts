import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import { Origin, RunningGateway, Stream, times, turn, until } from './gateway-fixture.js';

const FRESH = { 'Cache-Control': 'max-age=60' };

let backend: ScriptedBackend;
let gateway: RunningGateway;

beforeEach(async () => {
  backend = await ScriptedBackend.start();
  gateway = await RunningGateway.start({ to: backend.url });
});

afterEach(async () => {
  await gateway.close();
  await backend.down();
});

const ask = (path: string, headers: Record<string, string> = {}) =>
  get(gateway.port, path, { headers });

/** Of every value, so that nothing can be exchanged or re-coded unnoticed. */
const bytes = Buffer.from(
  Uint8Array.from({ length: 200_003 }, (_, at) => (at * 31 + (at >> 8)) & 255),
);

describe('requests that are alike', () => {
  it.each([
    { what: 'an answer of a known length', chunked: false },
    { what: 'an answer in chunks', chunked: true },
  ])('share one call, and have $what byte for byte', async ({ chunked }) => {
    const answering = gate();
    backend.on('/a', { gate: answering, body: bytes, chunked });
    const replies = times(20, () => ask('/a'));
    await gateway.waitForAsked(20);
    await backend.waitForCalls('/a', 1);
    answering.open();
    for (const reply of await Promise.all(replies)) {
      expect(reply.status).toBe(200);
      expect(reply.body.equals(bytes)).toBe(true);
      expect(reply.headers['content-length']).toBe(chunked ? undefined : String(bytes.length));
    }
    expect(backend.calls('/a')).toBe(1);
    // It says nothing of how long it holds: whoever asks then has another call.
    await ask('/a');
    expect(backend.calls('/a')).toBe(2);
  });

  it.each([true, false])(
    'have the beginning before the backend has ended, also those who come meanwhile (chunked: %s)',
    async (chunked) => {
      const rest = gate();
      backend.on('/slow', { headers: FRESH, bodyGate: rest, body: bytes, chunked });
      const half = Math.floor(bytes.length / 2);
      const early = times(20, () => new Stream(gateway.port, '/slow'));
      await until(() => early.every(({ body }) => body.length === half), 'the first half, for all');
      const late = times(5, () => new Stream(gateway.port, '/slow'));
      await until(
        () => late.every(({ body }) => body.length === half),
        'the first half, for the late',
      );
      expect(rest.isOpen).toBe(false);
      expect(late.map(({ headers }) => headers['cache-status'])).toEqual(
        times(5, () => expect.stringMatching(/collapsed.*detail=filling/) as unknown),
      );
      rest.open();
      for (const stream of [...early, ...late]) {
        await stream.ended();
        expect(stream.end).toBe('whole');
        expect(stream.body.equals(bytes)).toBe(true);
      }
      const after = await ask('/slow');
      expect(after.body.equals(bytes)).toBe(true);
      expect(after.headers['cache-status']).toMatch(/;\s*hit\b/);
      expect(backend.calls('/slow')).toBe(1);
    },
  );

  it('go on whoever leaves, and end the call with the last', async () => {
    const rest = gate();
    backend.on('/left', { bodyGate: rest, body: bytes, chunked: true });
    const half = Math.floor(bytes.length / 2);
    const clients = times(3, () => new Stream(gateway.port, '/left'));
    await until(() => clients.every(({ body }) => body.length === half), 'the first half');
    const [leader, joiner, last] = clients as [Stream, Stream, Stream];
    leader.leave();
    joiner.leave();
    await Promise.all([leader.ended(), joiner.ended()]);
    expect([backend.aborted('/left'), last.end]).toEqual([0, undefined]);
    last.leave();
    await backend.waitForAborted('/left', 1);
    expect(backend.calls('/left')).toBe(1);
  });

  it('have the rest when the one whose request was made has left', async () => {
    const rest = gate();
    backend.on('/rest', { bodyGate: rest, body: bytes, chunked: true });
    const half = Math.floor(bytes.length / 2);
    const leader = new Stream(gateway.port, '/rest');
    await gateway.waitForAsked(1);
    const joiners = times(3, () => new Stream(gateway.port, '/rest'));
    await until(
      () => [leader, ...joiners].every(({ body }) => body.length >= half),
      'the first half',
    );
    leader.leave();
    await leader.ended();
    rest.open();
    for (const joiner of joiners) expect((await joiner.ended()).body.equals(bytes)).toBe(true);
  });

  it('are told apart by what the answer depends on: one call for each value', async () => {
    const answering = gate();
    const origin = await Origin.start((request, response) => {
      const language = request.headers['accept-language'] ?? 'none';
      void answering.opened.then(() => {
        response.writeHead(200, { ...FRESH, Vary: 'Accept-Language' });
        response.end(`in ${language}`);
      });
    });
    const varying = await RunningGateway.start({ to: origin.url });
    const languages = ['de', 'fr', 'en'];
    const askIn = (language: string) =>
      get(varying.port, '/v', { headers: { 'Accept-Language': language } });
    const replies = times(12, (index) => askIn(languages[index % 3] as string));
    await varying.waitForAsked(12);
    answering.open();
    const texts = (await Promise.all(replies)).map(({ text }) => text);
    expect(texts).toEqual(times(12, (index) => `in ${languages[index % 3] as string}`));
    expect(origin.calls.value).toBe(3);
    for (const language of languages) expect((await askIn(language)).text).toBe(`in ${language}`);
    expect(origin.calls.value).toBe(3);
    await varying.close();
    await origin.close();
  });
});

describe('answers for one alone', () => {
  let origin: Origin;
  let own: RunningGateway;
  let said: Record<string, string>;

  beforeEach(async () => {
    let calls = 0;
    origin = await Origin.start(({ headers: { cookie, authorization } }, response) => {
      const call = String(++calls);
      const named = Object.entries(said).map(([name, value]) => [name, value.replace('#', call)]);
      response.writeHead(200, Object.fromEntries(named) as Record<string, string>);
      response.end(`${authorization ?? cookie ?? 'nobody'} ${call}`);
    });
    own = await RunningGateway.start({ to: origin.url });
  });

  afterEach(async () => {
    await own.close();
    await origin.close();
  });

  const SAID: [string, Record<string, string>][] = [
    ['private', { 'Cache-Control': 'private, max-age=60' }],
    ['no-store', { 'Cache-Control': 'no-store' }],
    ['with a cookie of its own', { 'Cache-Control': 'max-age=60', 'Set-Cookie': 'session=#' }],
    ['that say only for how long', { 'Cache-Control': 'max-age=60' }],
    ['that say nothing', {}],
  ];

  it.each(SAID)('%s go to nobody else who says who he is', async (_, headers) => {
    said = headers;
    const users = times(6, (index) =>
      index % 2 === 0
        ? { Cookie: `id=${String(index)}` }
        : { Authorization: `Basic ${String(index)}` },
    );
    for (let round = 0; round < 2; round++) {
      const replies = await Promise.all(
        users.map((user) => get(own.port, '/me', { headers: user })),
      );
      const seen = replies.map(({ text }) => text.replace(/ \d+$/, ''));
      expect(seen).toEqual(users.map((user) => user.Cookie ?? user.Authorization));
    }
    expect(origin.calls.value).toBe(12);
    // Nor to whoever says nothing.
    expect((await get(own.port, '/me')).text).toMatch(/^nobody /);
  });

  it.each(SAID.slice(0, 3))('%s go to nobody else who says nothing', async (_, headers) => {
    said = headers;
    const replies = await Promise.all(times(8, () => get(own.port, '/anyone')));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(8);
    const cookies = replies.flatMap(({ headers }) => headers['set-cookie'] ?? []);
    expect(new Set(cookies).size).toBe(cookies.length);
    expect(origin.calls.value).toBe(8);
  });

  it('that a user has waited for are his own, where the one before is for another', async () => {
    said = { 'Cache-Control': 'private, max-age=60' };
    const replies = [
      get(own.port, '/mixed'),
      ...times(5, (index) =>
        get(own.port, '/mixed', { headers: { Cookie: `id=${String(index)}` } }),
      ),
    ];
    const texts = (await Promise.all(replies)).map(({ text }) => text.replace(/ \d+$/, ''));
    expect(texts).toEqual(['nobody', ...times(5, (index) => `id=${String(index)}`)]);
  });

  it('that say they are public go to all', async () => {
    said = { 'Cache-Control': 'public, max-age=60' };
    await get(own.port, '/public', { headers: { Authorization: 'Basic a' } });
    const users = [{ Authorization: 'Basic b' }, { Cookie: 'id=c' }, undefined];
    for (const headers of users) {
      const { text } = await get(own.port, '/public', { ...(headers && { headers }) });
      expect(text).toBe('Basic a 1');
    }
    expect(origin.calls.value).toBe(1);
  });
});

describe('a call whose answer nobody may share', () => {
  it('is followed by those who have waited all at once, and held up for by none after', async () => {
    const [first, others] = [gate(), gate()];
    const noStore = { 'Cache-Control': 'no-store' };
    backend.on(
      '/n',
      { gate: first, headers: noStore, body: 'first' },
      { gate: others, headers: noStore, body: 'others' },
    );
    const replies = times(10, () => ask('/n'));
    await gateway.waitForAsked(10);
    expect(backend.calls('/n')).toBe(1);
    first.open();
    await backend.waitForCalls('/n', 10);
    const next = times(5, () => ask('/n'));
    await backend.waitForCalls('/n', 15);
    others.open();
    const texts = (await Promise.all([...replies, ...next])).map(({ text }) => text);
    expect(texts.filter((text) => text === 'first')).toHaveLength(1);
    expect(backend.calls('/n')).toBe(15);
  });
});

describe('a body that breaks off', () => {
  const head = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';

  it.each([
    ['short of its length', `${head}Content-Length: 20\r\n\r\nhalf of it`],
    ['between its chunks', `${head}Transfer-Encoding: chunked\r\n\r\na\r\nhalf of it\r\n`],
    ['within a chunk', `${head}Transfer-Encoding: chunked\r\n\r\n14\r\nhalf of it`],
  ])('%s is whole for nobody, and nothing of it is kept', async (_, raw) => {
    backend.on('/t', { raw }, { headers: FRESH, body: 'all of it' });
    const streams = times(10, () => new Stream(gateway.port, '/t'));
    for (const stream of streams) {
      await stream.ended();
      // Whoever asks once it has broken has the next answer.
      if (stream.end === 'whole' && stream.status === 200)
        expect(String(stream.body)).toBe('all of it');
    }
    expect(streams.some(({ end, status }) => end === 'cut' || status === 502)).toBe(true);
    const after = await ask('/t');
    expect([after.status, after.text, backend.calls('/t')]).toEqual([200, 'all of it', 2]);
    expect((await ask('/t')).headers['cache-status']).toMatch(/;\s*hit\b/);
  });

  it('takes those along who have come while it was arriving', async () => {
    const rest = gate();
    const origin = await Origin.start((request, response) => {
      response.writeHead(200, { ...FRESH, 'Content-Length': 20 });
      response.write('half of it');
      void rest.opened.then(() => request.socket.destroy());
    });
    const broken = await RunningGateway.start({ to: origin.url });
    const early = new Stream(broken.port, '/t');
    await until(() => early.body.length === 10, 'the first half');
    const late = new Stream(broken.port, '/t');
    await until(() => late.body.length === 10, 'the first half');
    rest.open();
    expect([(await early.ended()).end, (await late.ended()).end]).toEqual(['cut', 'cut']);
    expect(origin.calls.value).toBe(1);
    await turn();
    const after = new Stream(broken.port, '/t');
    await after.ended();
    expect(origin.calls.value).toBe(2);
    await broken.close();
    await origin.close();
  });
});

describe('a body larger than is kept, which has come as a whole', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakwater-collapse-'));
    await gateway.close();
    gateway = await RunningGateway.start({
      backends: { api: { url: backend.url } },
      rules: [{ match: { path: '/**' }, backend: 'api', maxEntryBytes: 65_536 }],
      spillDirectory: folder,
    });
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each([true, false])(
    'is had by who comes while somebody still reads it, by no other call (in chunks: %s)',
    async (chunked) => {
      // More than the sockets between hold for who does not read.
      const body = Buffer.alloc(24 * 2 ** 20, 'a body for all ');
      backend.on('/big', { headers: FRESH, body, chunked });
      const slow = httpRequest({
        host: '127.0.0.1',
        port: gateway.port,
        path: '/big',
        agent: false,
      });
      const [reading] = (await once(slow.end(), 'response')) as [IncomingMessage];
      reading.pause();
      const told = String(reading.headers['cache-status']);
      expect(/too-large$/.test(told) && !/stored/.test(told)).toBe(!chunked);
      expect((await ask('/big')).body.equals(body)).toBe(true);
      const late = await ask('/big');
      expect(late.body.equals(body)).toBe(true);
      expect(late.headers['cache-status']).toMatch(/collapsed.*detail=filling/);
      expect(backend.calls('/big')).toBe(1);
      const pieces: Buffer[] = [];
      for await (const piece of reading) pieces.push(piece as Buffer);
      expect(Buffer.concat(pieces).equals(body)).toBe(true);
      await until(async () => {
        const { headers } = await get(gateway.port, '/big', { method: 'HEAD' });
        return !/filling/.test(String(headers['cache-status']));
      }, 'the file to be let go of');
      expect((await ask('/big')).body.equals(body)).toBe(true);
      expect(backend.calls('/big')).toBeGreaterThan(1);
    },
  );
});
