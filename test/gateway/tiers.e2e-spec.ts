import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DiskTier } from '../../src/caching/index.js';
import type { GatewayModuleOptions } from '../../src/gateway/index.js';
import { ManualClock } from '../../src/ground/manual-clock.js';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import type { RequestOptions } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import { RunningGateway, Stream, until } from './gateway-fixture.js';

const FRESH = { 'Cache-Control': 'max-age=60' };
const HIT = /^breakwater;\s*hit\b/;
const MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT';

let folder: string;
let backend: ScriptedBackend;
let clock: ManualClock;
let disk: DiskTier;
let gateway: RunningGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-gateway-'));
  backend = await ScriptedBackend.start();
  clock = new ManualClock();
  await start();
});

afterEach(async () => {
  await gateway.close();
  await backend.down();
  rmSync(folder, { recursive: true, force: true });
});

/** A gateway on the folder, which has nothing in memory. */
async function start(options: GatewayModuleOptions = { to: backend.url }): Promise<void> {
  disk = DiskTier.open({ directory: join(folder, 'cache'), maxBytes: 32 * 2 ** 20, clock });
  await disk.ready;
  gateway = await RunningGateway.start(options, { clock, tiers: [disk] });
}

async function restart(options?: GatewayModuleOptions): Promise<void> {
  await gateway.close();
  await start(options);
}

/** By one name, whatever port it has by now: that is part of the key. */
const named = { Host: 'api.example' };
const ask = (path: string, headers: Record<string, string> = {}, options: RequestOptions = {}) =>
  get(gateway.port, path, { ...options, headers: { ...named, ...headers } });
const stream = (path: string) => new Stream(gateway.port, path, { headers: named });
const entries = () => disk.health().entries;
const onDisk = (count: number) => until(() => entries() === count, `${String(count)} on disk`);

describe('an answer on disk', () => {
  it('is there after a restart: its fields, its body, and how old it is', async () => {
    const fields = { ...FRESH, ETag: 'W/"1"', 'Last-Modified': MODIFIED, Link: ['<a>', '<b>'] };
    backend.on('/a', { status: 203, headers: fields, body: 'kept' });
    const first = await ask('/a');
    clock.advance(10_000);
    await restart();
    clock.advance(5_000);
    const again = await ask('/a');
    expect([again.status, again.text]).toEqual([203, 'kept']);
    expect(again.headers['cache-status']).toMatch(HIT);
    expect(again.headers).toMatchObject({ age: '15', etag: 'W/"1"', 'content-length': '4' });
    const beside = ({ headers }: typeof again) =>
      Object.entries(headers).filter(([name]) => !/^(age|cache-status|connection)$/.test(name));
    expect(new Map(beside(again))).toEqual(new Map(beside(first)));
    expect(backend.calls('/a')).toBe(1);
    // Memory has it again.
    clock.advance(1_000);
    expect((await ask('/a')).headers.age).toBe('16');
  });

  it('answers conditions, ranges and HEAD after a restart', async () => {
    backend.on('/c', { headers: { ...FRESH, ETag: '"1"' }, body: '0123456789' });
    for (const [headers, expected, method = 'GET'] of [
      [{ 'If-None-Match': '"1"' }, [304, '']],
      [{ Range: 'bytes=2-4' }, [206, '234']],
      [{ Range: 'bytes=10-' }, [416, '']],
      [{}, [200, ''], 'HEAD'],
    ] as [Record<string, string>, [number, string], string?][]) {
      await ask('/c');
      await onDisk(1);
      await restart();
      await ask('/c');
      const reply = await ask('/c', headers, { method });
      expect([reply.status, reply.text]).toEqual(expected);
    }
    expect(backend.calls('/c')).toBe(1);
  });

  it('is what a client gets who wants no call, in the variant that it selects (R2)', async () => {
    const kept = { 'Cache-Control': 'only-if-cached' };
    backend.on('/o', { headers: FRESH, body: 'kept' });
    backend.on('/v', { headers: { ...FRESH, Vary: 'Accept-Language' }, body: 'in de' });
    await ask('/o');
    await ask('/v', { 'Accept-Language': 'de' });
    await onDisk(3);
    await restart();
    const reply = await ask('/o', kept);
    expect([reply.status, reply.text]).toEqual([200, 'kept']);
    expect(reply.headers['cache-status']).toMatch(HIT);
    expect((await ask('/v', { ...kept, 'Accept-Language': 'de' })).text).toBe('in de');
    expect((await ask('/v', { ...kept, 'Accept-Language': 'fr' })).status).toBe(504);
    expect((await ask('/o', { ...kept, 'If-Match': '"1"' })).status).toBe(504);
    clock.advance(3_600_000);
    expect((await ask('/o', kept)).status).toBe(504);
    expect(backend.total).toBe(2);
  });

  it('is asked of by its validators once it is stale, and has the new fields', async () => {
    const headers = { ...FRESH, ETag: '"1"', 'Last-Modified': MODIFIED, 'X-Seen': 'first' };
    const renewed = { 'Cache-Control': 'max-age=90', ETag: '"1"', 'X-Seen': 'then' };
    backend.on('/v', { headers, body: 'same' }, { status: 304, headers: renewed, body: '' });
    await ask('/v');
    clock.advance(61_000);
    await restart();
    const confirmed = await ask('/v');
    expect([confirmed.status, confirmed.text, confirmed.headers['x-seen']]).toEqual([
      ...[200, 'same', 'then'],
    ]);
    expect(backend.lastOf('/v').headers).toMatchObject({
      'if-none-match': '"1"',
      'if-modified-since': MODIFIED,
    });
    // That too has gone to the disk.
    clock.advance(80_000);
    await restart();
    const again = await ask('/v');
    expect([again.text, again.headers['x-seen'], again.headers.age]).toEqual([
      ...['same', 'then', '80'],
    ]);
    expect(backend.calls('/v')).toBe(2);
  });

  it('is confirmed before each use where it says so, after a restart as before', async () => {
    const headers = { 'Cache-Control': 'no-cache', ETag: '"1"' };
    backend.on('/n', { headers, body: 'same' }, { status: 304, headers, body: '' });
    await ask('/n');
    await restart();
    expect((await ask('/n')).text).toBe('same');
    expect([backend.calls('/n'), backend.lastOf('/n').headers['if-none-match']]).toEqual([
      2,
      '"1"',
    ]);
  });

  it('is confirmed where a client may demand that', async () => {
    const options: GatewayModuleOptions = {
      backends: { api: { url: backend.url } },
      rules: [{ match: { path: '/**' }, backend: 'api', clientRefresh: 'always' }],
    };
    const headers = { ...FRESH, ETag: '"1"' };
    backend.on('/d', { headers, body: 'same' }, { status: 304, headers, body: '' });
    await restart(options);
    for (const [advice, calls] of [
      ['no-cache', 2],
      ['max-age=5', 3],
      ['min-fresh=55', 4],
      ['max-age=60', 4],
    ] as const) {
      await ask('/d');
      clock.advance(10_000);
      await restart(options);
      const { text } = await ask('/d', { 'Cache-Control': advice });
      expect([advice, text, backend.calls('/d')]).toEqual([advice, 'same', calls]);
    }
  });

  it('stands in for a backend that is gone, after a restart as before', async () => {
    const headers = { 'Cache-Control': 'max-age=10, stale-if-error=30' };
    backend.on('/e', { headers, body: 'kept' });
    await ask('/e');
    await backend.down();
    clock.advance(20_000);
    await restart();
    const stale = await ask('/e');
    expect([stale.status, stale.text, stale.headers.age]).toEqual([200, 'kept', '20']);
    clock.advance(21_000);
    await restart();
    expect((await ask('/e')).status).toBe(502);
  });

  it('is there in all its variants', async () => {
    const headers = { ...FRESH, Vary: 'Accept-Language' };
    const languages = ['de', 'fr', 'en'];
    for (const language of languages) {
      backend.on('/l', { headers, body: `in ${language}` });
      await ask('/l', { 'Accept-Language': language });
    }
    await restart();
    for (const language of languages) {
      const { text, headers: told } = await ask('/l', { 'Accept-Language': language });
      expect([text, HIT.test(told['cache-status'] as string)]).toEqual([`in ${language}`, true]);
    }
    expect(backend.calls('/l')).toBe(3);
    // What changes it outdates them there as well.
    await ask('/l', {}, { method: 'PUT', body: 'x' });
    await restart();
    for (const language of languages) await ask('/l', { 'Accept-Language': language });
    expect(backend.calls('/l')).toBe(7);
  });
});

describe('an answer that is still arriving', () => {
  it('is on disk once it is whole, and not before', async () => {
    const rest = gate();
    backend.on('/f', { headers: FRESH, bodyGate: rest, body: 'first half second half' });
    const half = stream('/f');
    await until(() => half.body.length === 11, 'the first half');
    // What is written behind is written in turn.
    backend.on('/other', { headers: FRESH });
    await ask('/other');
    await onDisk(1);
    rest.open();
    expect(String((await half.ended()).body)).toBe('first half second half');
    await onDisk(2);
    await restart();
    expect((await ask('/f')).text).toBe('first half second half');
    expect(backend.calls('/f')).toBe(1);
  });

  it('is not there after a restart in its midst', async () => {
    const rest = gate();
    backend.on(
      '/f',
      { headers: FRESH, bodyGate: rest, body: 'first half second half' },
      { headers: FRESH, body: 'all of it' },
    );
    const half = stream('/f');
    await until(() => half.body.length === 11, 'the first half');
    await restart();
    expect((await half.ended()).end).toBe('cut');
    expect((await ask('/f')).text).toBe('all of it');
  });

  it.each([
    ['short of its length', 'Content-Length: 20\r\n\r\nhalf of it'],
    ['between its chunks', 'Transfer-Encoding: chunked\r\n\r\na\r\nhalf of it\r\n'],
  ])('is never there where it breaks off %s', async (_, raw) => {
    backend.on(
      '/t',
      { raw: `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${raw}` },
      { headers: FRESH, body: 'all of it' },
    );
    const broken = await stream('/t').ended();
    expect(broken.end === 'cut' || broken.status === 502).toBe(true);
    await restart();
    expect(entries()).toBe(0);
    expect((await ask('/t')).text).toBe('all of it');
    expect(backend.calls('/t')).toBe(2);
  });

  it('is not there where it was more than memory may keep, though it has gone through a file', async () => {
    const options: GatewayModuleOptions = {
      backends: { api: { url: backend.url } },
      rules: [{ match: { path: '/**' }, backend: 'api', maxEntryBytes: 65_536 }],
      spillDirectory: folder,
    };
    await restart(options);
    const body = Buffer.alloc(200_000, 'spilled ');
    for (const chunked of [true, false]) {
      backend.on('/big', { headers: FRESH, body, chunked });
      expect((await ask('/big')).body.equals(body)).toBe(true);
      await restart(options);
      expect(entries()).toBe(0);
      expect((await ask('/big')).body.equals(body)).toBe(true);
    }
    expect(backend.calls('/big')).toBe(4);
  });
});

describe('an answer for one alone', () => {
  it.each([
    ['private', { 'Cache-Control': 'private, max-age=60' }, {}],
    ['no-store', { 'Cache-Control': 'no-store' }, {}],
    ['with a cookie of its own', { ...FRESH, 'Set-Cookie': 'id=secret-7f3a' }, {}],
    ['to a user who says who he is', FRESH, { Authorization: 'Basic secret-7f3a' }],
    ['to a user with cookies', FRESH, { Cookie: 'id=secret-7f3a' }],
  ])('never comes to the disk: %s', async (_, headers, asked) => {
    backend.on('/me', { headers, body: 'secret-7f3a' });
    await ask('/me', asked);
    backend.on('/other', { headers: FRESH, body: 'known-7f3a' });
    await ask('/other');
    await restart();
    expect(entries()).toBe(1);
    const written = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
      .join();
    expect(written).toContain('known-7f3a');
    expect(written).not.toContain('secret-7f3a');
    await ask('/me');
    expect(backend.calls('/me')).toBe(2);
  });
});
