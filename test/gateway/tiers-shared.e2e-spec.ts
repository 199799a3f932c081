import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisServer } from '../../src/cluster/testing/redis-server.js';
import type { GatewayModuleOptions } from '../../src/gateway/index.js';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import type { RequestOptions } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import { programOf } from '../../src/ground/testing/programs.js';
import { ServiceProcess } from '../support/service-process.js';
import { Origin, RunningGateway, Stream, times, until } from './gateway-fixture.js';

const FRESH = { 'Cache-Control': 'max-age=600' };
const HIT = /^breakwater;\s*hit\b/;
/** In the order of their values nothing is as before, so that nothing can be exchanged unnoticed. */
const bytes = Buffer.from(
  Uint8Array.from({ length: 200_003 }, (_, at) => (at * 31 + (at >> 8)) & 255),
);
const HALF = Math.floor(bytes.length / 2);
/** By one name, whichever instance is asked: that is part of the key. */
const NAMED = { Host: 'api.example' };

let store: RedisServer;
let backend: ScriptedBackend;
let one: RunningGateway;
let other: RunningGateway;
let folder: string;

beforeAll(async () => {
  store = await RedisServer.start({ config: { rdbcompression: 'no' } });
});

afterAll(() => store.stop());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-gateway-'));
  await store.command('FLUSHALL');
  backend = await ScriptedBackend.start();
  [one, other] = [await start(), await start()];
});

afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
  await backend.down();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: GatewayModuleOptions = { to: backend.url }): Promise<RunningGateway> {
  return (await RunningGateway.start(options, { store: store.url })).joined();
}

/** Both instances anew, by other options. */
async function restart(options: GatewayModuleOptions): Promise<void> {
  await Promise.all([one.close(), other.close()]);
  [one, other] = [await start(options), await start(options)];
}

const ask = (
  { port }: { readonly port: number },
  path: string,
  headers: Record<string, string> = {},
  options: RequestOptions = {},
) => get(port, path, { ...options, headers: { ...NAMED, ...headers } });
const stream = ({ port }: { readonly port: number }, path: string) =>
  new Stream(port, path, { headers: NAMED });

/** Asks an instance for what another one leads; resolves once it waits for that. */
async function waitFor<Asked>(instance: RunningGateway, asks: () => Asked): Promise<Asked> {
  const { waits } = instance.cluster.counters;
  const asked = asks();
  await until(() => instance.cluster.counters.waits > waits, 'one that waits for the other');
  return asked;
}

/** All that the store holds, as it would write it to its disk. */
async function held(): Promise<string> {
  const keys = (await store.command('KEYS', '*')) as string[];
  const values = await Promise.all(keys.map((key) => store.command('DUMP', key)));
  return [...keys, ...values].join();
}

/** Waits for what is written to the store behind an answer. */
const inStore = (text: string) => until(async () => (await held()).includes(text), text);

describe('two instances with one store', () => {
  it('share one call and one body, byte for byte, whoever asks when', async () => {
    const rest = gate();
    const headers = { ...FRESH, ETag: '"1"', Link: ['<a>', '<b>'] };
    backend.on('/a', { headers, bodyGate: rest, body: bytes, chunked: true });
    const leader = stream(one, '/a');
    await until(() => leader.body.length === HALF, 'the first half');
    const joiners = await waitFor(other, () => times(3, () => stream(other, '/a')));
    // It has not told anybody of what it has so far.
    expect(joiners.map(({ status }) => status)).toEqual([0, 0, 0]);
    rest.open();
    for (const each of [leader, ...joiners]) {
      const { end, status, body, headers: told } = await each.ended();
      expect([end, status, body.equals(bytes)]).toEqual(['whole', 200, true]);
      expect(told).toMatchObject({ etag: '"1"', link: '<a>, <b>' });
    }
    for (const instance of [one, other]) {
      const again = await ask(instance, '/a');
      expect(again.body.equals(bytes)).toBe(true);
      expect(again.headers['cache-status']).toMatch(HIT);
    }
    expect(backend.calls('/a')).toBe(1);
  });

  it('know how old it is, and answer conditions and ranges of what the other has fetched', async () => {
    const age = { ...FRESH, Age: '100', ETag: '"1"' };
    backend.on('/c', { headers: age, body: '0123456789' });
    await ask(one, '/c');
    await inStore('0123456789');
    const found = await ask(other, '/c');
    expect(found.headers['cache-status']).toMatch(HIT);
    expect(Number(found.headers.age)).toBeGreaterThanOrEqual(100);
    expect((await ask(other, '/c', { 'If-None-Match': '"1"' })).status).toBe(304);
    expect((await ask(other, '/c', { Range: 'bytes=2-4' })).text).toBe('234');
    const head = await ask(other, '/c', {}, { method: 'HEAD' });
    expect([head.headers['content-length'], backend.calls('/c')]).toEqual(['10', 1]);
  });

  it('have one confirm what the other has fetched, by its validators', async () => {
    const headers = { 'Cache-Control': 'no-cache', ETag: '"1"' };
    backend.on('/n', { headers, body: 'same' }, { status: 304, headers, body: '' });
    await ask(one, '/n');
    await inStore('same');
    expect((await ask(other, '/n')).text).toBe('same');
    expect([backend.calls('/n'), backend.lastOf('/n').headers['if-none-match']]).toEqual([
      2,
      '"1"',
    ]);
  });

  it('have all variants of each other, and never one for another', async () => {
    const headers = { ...FRESH, Vary: 'Accept-Language' };
    const origin = await Origin.start((request, response) => {
      response.writeHead(200, headers);
      response.end(`in-${request.headers['accept-language'] ?? 'none'}`);
    });
    await restart({ to: origin.url });
    const askIn = (instance: RunningGateway, language: string) =>
      ask(instance, '/l', { 'Accept-Language': language });
    for (const language of ['de', 'fr']) {
      expect((await askIn(one, language)).text).toBe(`in-${language}`);
      await inStore(`in-${language}`);
    }
    for (const language of ['fr', 'de']) {
      const { text, headers: told } = await askIn(other, language);
      expect([text, HIT.test(String(told['cache-status']))]).toEqual([`in-${language}`, true]);
    }
    expect(origin.calls.value).toBe(2);
    expect((await askIn(other, 'en')).text).toBe('in-en');
    await inStore('in-en');
    expect((await askIn(one, 'en')).text).toBe('in-en');
    expect(origin.calls.value).toBe(3);
    await origin.close();
  });

  it('tell those apart that wait for one answer, once that says by what', async () => {
    const answering = gate();
    const origin = await Origin.start((request, response) => {
      const language = request.headers['accept-language'] ?? 'none';
      void answering.opened.then(() => {
        response.writeHead(200, { ...FRESH, Vary: 'Accept-Language' });
        response.end(`in-${language}`);
      });
    });
    await restart({ to: origin.url });
    const askIn = (instance: RunningGateway, languages: readonly string[]) =>
      languages.map((language) => ask(instance, '/w', { 'Accept-Language': language }));
    const led = askIn(one, ['de']);
    await origin.calls.reaches(1);
    const waiting = await waitFor(other, () => askIn(other, ['fr', 'de', 'fr', 'en']));
    await other.waitForAsked(4);
    answering.open();
    const texts = (await Promise.all([...led, ...waiting])).map(({ text }) => text);
    expect(texts).toEqual(['in-de', 'in-fr', 'in-de', 'in-fr', 'in-en']);
    expect(origin.calls.value).toBeLessThanOrEqual(4);
    await origin.close();
  });

  it('tell those apart as well that wait for an answer in whose place nothing stands in', async () => {
    const answering = gate();
    let calls = 0;
    const origin = await Origin.start((request, response) => {
      const language = request.headers['accept-language'] ?? 'none';
      if (++calls === 1) {
        response.writeHead(200, { 'Cache-Control': 'no-cache', ETag: '"1"' });
        return response.end('before');
      }
      void answering.opened.then(() => {
        response.writeHead(503, { ...FRESH, Vary: 'Accept-Language' });
        response.end(`not-in-${language}`);
      });
    });
    await restart({ to: origin.url });
    await ask(one, '/f');
    await inStore('before');
    const led = ask(one, '/f', { 'Accept-Language': 'de' });
    await origin.calls.reaches(2);
    const waiting = await waitFor(other, () => [ask(other, '/f', { 'Accept-Language': 'fr' })]);
    answering.open();
    const [german, french] = await Promise.all([led, ...waiting]);
    expect([german.status, german.text]).toEqual([503, 'not-in-de']);
    expect([french?.status, french?.text]).toEqual([503, 'not-in-fr']);
    await origin.close();
  });

  it.each(['POST', 'DELETE'])('outdate what both hold: %s', async (method) => {
    const headers = { ...FRESH, Vary: 'Accept-Language' };
    const languages = ['de', 'fr'];
    const askAll = async () => {
      const texts: string[] = [];
      for (const instance of [one, other]) {
        for (const language of languages) {
          texts.push((await ask(instance, '/p', { 'Accept-Language': language })).text);
        }
      }
      return texts;
    };
    backend.on('/p', { headers, body: 'old' });
    expect(await askAll()).toEqual(times(4, () => 'old'));
    backend.on('/p', { status: 204, body: '' }, { headers, body: 'new' });
    await ask(other, '/p', {}, { method });
    await until(async () => (await askAll()).every((text) => text === 'new'), 'the new one');
    expect(await askAll()).toEqual(times(4, () => 'new'));
  });
});

describe('an answer that only one may have', () => {
  it.each([
    ['private', { 'Cache-Control': 'private, max-age=60' }, {}],
    ['no-store', { 'Cache-Control': 'no-store' }, {}],
    ['with a cookie of its own', { ...FRESH, 'Set-Cookie': 'id=secret-7f3a' }, {}],
    ['for all values of a field', { ...FRESH, Vary: '*' }, {}],
    ['to a user who says who he is', FRESH, { Authorization: 'Basic secret-7f3a' }],
    ['to a user with cookies', FRESH, { Cookie: 'id=secret-7f3a' }],
  ])('never leaves the process: %s', async (_, headers, asked: Record<string, string>) => {
    const answering = gate();
    const own = { headers, gate: answering };
    backend.on('/me', { ...own, body: 'secret-7f3a 1' }, { ...own, body: 'secret-7f3a 2' });
    const first = ask(one, '/me', asked);
    await backend.waitForCalls('/me', 1);
    const second = ask(other, '/me', asked);
    await other.waitForAsked(1);
    answering.open();
    const texts = (await Promise.all([first, second])).map(({ text }) => text);
    expect(texts.sort()).toEqual(['secret-7f3a 1', 'secret-7f3a 2']);
    backend.on('/other', { headers: FRESH, body: 'known-7f3a' });
    await ask(one, '/other');
    await inStore('known-7f3a');
    expect(await held()).not.toContain('secret-7f3a');
  });

  it('is nobody else’s where the one who waits is a user of the other instance', async () => {
    const answering = gate();
    const origin = await Origin.start(({ headers: { cookie = 'nobody' } }, response) => {
      void answering.opened.then(() => {
        response.writeHead(200, { 'Cache-Control': 'private, max-age=60' });
        response.end(cookie);
      });
    });
    await restart({ to: origin.url });
    const users = ['id=1', 'id=2', 'id=3'];
    const replies = [one, other].flatMap((instance) => [
      ask(instance, '/u'),
      ...users.map((Cookie) => ask(instance, '/u', { Cookie })),
    ]);
    await Promise.all([one.waitForAsked(4), other.waitForAsked(4)]);
    answering.open();
    const texts = (await Promise.all(replies)).map(({ text }) => text);
    expect(texts).toEqual([...times(2, () => ['nobody', ...users])].flat());
    await origin.close();
  });

  it.each([
    ['too large', { headers: FRESH }],
    ['not to be stored', { headers: { 'Cache-Control': 'no-store' }, chunked: true }],
  ])('does not make others wait for the end of a body that is %s', async (_, answer) => {
    await restart({
      backends: { api: { url: backend.url } },
      rules: [{ match: { path: '/**' }, backend: 'api', maxEntryBytes: 65_536 }],
      spillDirectory: folder,
    });
    const rest = gate();
    backend.on('/big', { ...answer, bodyGate: rest, body: bytes }, { ...answer, body: bytes });
    const leader = stream(one, '/big');
    await until(() => leader.body.length === HALF, 'the first half');
    const joiner = await stream(other, '/big').ended();
    expect([joiner.end, joiner.body.equals(bytes)]).toEqual(['whole', true]);
    expect(rest.isOpen).toBe(false);
    rest.open();
    expect((await leader.ended()).body.equals(bytes)).toBe(true);
    expect(backend.calls('/big')).toBe(2);
  });
});

describe('a body that turns out to be too large to be kept while it comes', () => {
  it.each([
    ['through a file', true],
    ['without one', false],
  ])('is waited for by no other instance: %s', async (_, spills) => {
    const api = { api: { url: backend.url } };
    await restart({
      backends: api,
      rules: [{ match: { path: '/**' }, backend: 'api', maxEntryBytes: 65_536 }],
      ...(spills && { spillDirectory: folder }),
    });
    const rest = gate();
    backend.on(
      '/big',
      { headers: FRESH, chunked: true, bodyGate: rest, body: bytes },
      { headers: FRESH, chunked: true, body: bytes },
    );
    const leader = stream(one, '/big');
    await until(() => leader.body.length === HALF, 'the first half');
    const joiner = await stream(other, '/big').ended();
    expect([joiner.end, joiner.body.equals(bytes)]).toEqual(['whole', true]);
    expect(rest.isOpen).toBe(false);
    // Who asks the same instance has it from the file, or a call of his own.
    const late = stream(one, '/big');
    await until(() => late.body.length >= (spills ? HALF : bytes.length), 'what there is');
    expect(backend.calls('/big')).toBe(spills ? 2 : 3);
    rest.open();
    for (const { body } of [await leader.ended(), await late.ended()]) {
      expect(body.equals(bytes)).toBe(true);
    }
    expect(await held()).not.toContain('/big');
  });
});

describe('a leader whose answer breaks off', () => {
  it.each([
    ['short of its length', false],
    ['between its chunks', true],
  ])('is succeeded, %s, and nobody takes a part for the whole', async (_, chunked) => {
    const rest = gate();
    let calls = 0;
    const origin = await Origin.start((request, response) => {
      const length = chunked ? {} : { 'Content-Length': bytes.length };
      response.writeHead(200, { ...FRESH, ...length });
      if (++calls > 1) return response.end(bytes);
      response.write(bytes.subarray(0, HALF));
      void rest.opened.then(() => request.socket.destroy());
    });
    await restart({ to: origin.url });
    const leader = stream(one, '/t');
    await until(() => leader.body.length === HALF, 'the first half');
    const joiners = await waitFor(other, () => times(5, () => stream(other, '/t')));
    rest.open();
    expect((await leader.ended()).end).toBe('cut');
    for (const joiner of joiners) {
      const { end, status, body } = await joiner.ended();
      expect([end, status, body.equals(bytes)]).toEqual(['whole', 200, true]);
    }
    expect(origin.calls.value).toBe(2);
    const again = await ask(one, '/t');
    expect([again.body.equals(bytes), origin.calls.value]).toEqual([true, 2]);
    await origin.close();
  });

  it('is succeeded where all of its clients leave', async () => {
    const rest = gate();
    backend.on(
      '/gone',
      { headers: FRESH, bodyGate: rest, body: bytes, chunked: true },
      { headers: FRESH, body: bytes },
    );
    const leader = stream(one, '/gone');
    await until(() => leader.body.length === HALF, 'the first half');
    const joiner = await waitFor(other, () => stream(other, '/gone'));
    leader.leave();
    expect((await joiner.ended()).body.equals(bytes)).toBe(true);
    expect([joiner.end, backend.calls('/gone')]).toEqual(['whole', 2]);
  });

  it('is succeeded where its instance is closed', async () => {
    const rest = gate();
    backend.on(
      '/closed',
      { headers: FRESH, bodyGate: rest, body: bytes },
      { headers: FRESH, body: bytes },
    );
    const leader = stream(one, '/closed');
    await until(() => leader.body.length === HALF, 'the first half');
    const joiner = await waitFor(other, () => stream(other, '/closed'));
    await one.close();
    expect((await leader.ended()).end).toBe('cut');
    expect((await joiner.ended()).body.equals(bytes)).toBe(true);
    expect([joiner.end, backend.calls('/closed')]).toEqual(['whole', 2]);
    one = await start();
    expect((await ask(one, '/closed')).headers['cache-status']).toMatch(HIT);
  });

  it('is succeeded where its process is killed', async () => {
    programOf('service');
    const env = { PROXY_TO: backend.url, REDIS_URL: store.url, HEALTH_DETAILS: 'full' };
    const killed = await ServiceProcess.start(env);
    try {
      const rest = gate();
      backend.on(
        '/killed',
        { headers: FRESH, bodyGate: rest, body: bytes, chunked: true },
        { headers: FRESH, body: bytes },
      );
      const leader = stream(killed, '/killed');
      await until(() => leader.body.length === HALF, 'the first half');
      const joiner = await waitFor(other, () => stream(other, '/killed'));
      await killed.kill();
      expect((await leader.ended()).end).toBe('cut');
      expect((await joiner.ended()).body.equals(bytes)).toBe(true);
      expect([joiner.end, backend.calls('/killed')]).toEqual(['whole', 2]);
      expect((await ask(one, '/killed')).headers['cache-status']).toMatch(HIT);
      expect(backend.calls('/killed')).toBe(2);
    } finally {
      await killed.kill();
    }
  });
});
