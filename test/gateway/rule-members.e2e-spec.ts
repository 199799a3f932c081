import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import type { RequestOptions } from '../support/http-client.js';
import { ScriptedBackend } from '../support/scripted-backend.js';
import { RunningGateway, Stream, times, turn, until } from './gateway-fixture.js';

const FRESH = { 'Cache-Control': 'max-age=60' };
const HIT = /; hit\b/;

let backend: ScriptedBackend;
let other: ScriptedBackend;
let gateway: RunningGateway;
let bare: RunningGateway;
/** Of this test alone: nothing that another one has left is there. */
let path: (rule: string) => string;
let tests = 0;

beforeAll(async () => {
  [backend, other] = [await ScriptedBackend.start(), await ScriptedBackend.start()];
  const refusing = await portThatRefuses();
  const on = (name: string, said: object = {}) => ({
    match: { path: `/${name}/**` },
    backend: 'api',
    ...said,
  });
  gateway = await RunningGateway.start({
    backends: {
      api: { url: backend.url, circuit: 'off' },
      prefixed: { url: `${backend.url}/base` },
      both: { urls: [backend.url, other.url], circuit: 'off' },
      halfGone: { urls: [`http://127.0.0.1:${String(refusing)}`, backend.url] },
      gone: { url: `http://127.0.0.1:${String(refusing)}`, circuit: 'off' },
      watched: { url: backend.url, circuit: { failures: 2, cooldown: '5s', statuses: [404] } },
    },
    rules: [
      on('fixed', {
        freshness: { fixed: '10s', negative: '2s' },
        stale: { whileRevalidate: '50s', ifError: '20s' },
        key: { headers: ['X-Currency'] },
      }),
      on('short', { freshness: { fixed: '10s' } }),
      on('default', { freshness: { default: '5s' } }),
      on('none', { freshness: 'none' }),
      on('none-shared', { freshness: 'none', collapse: 'auto' }),
      on('guess', { heuristic: { fraction: 0.5, max: '20s' } }),
      on('no-guess', { heuristic: 'off' }),
      on('stale', { stale: { whileRevalidate: '30s', ifError: '2m' } }),
      on('each', { collapse: 'off' }),
      on('patient', { collapse: { waitMax: '2s' }, timeouts: { head: '20s' } }),
      on('whole', { ranges: 'whole' }),
      on('refresh', { clientRefresh: 'always' }),
      on('trusting', { trust: 'rfc' }),
      on('targeted', { targets: ['Breakwater-Cache-Control', 'CDN-Cache-Control'] }),
      on('small', { maxEntryBytes: 100 }),
      on('changed', {
        request: {
          headers: { set: { 'X-Set': 'rule' }, add: { 'X-Add': 'rule' }, remove: ['X-Gone'] },
        },
        response: {
          headers: { set: { Server: 'rule' }, add: { 'X-Add': 'rule' }, remove: ['X-Gone'] },
        },
      }),
      on('v1', { rewrite: { strip: '/v1', add: '/api' } }),
      on('prefixed', { backend: 'prefixed' }),
      on('named', { host: 'named.example' }),
      on('own-host', { host: 'backend' }),
      on('query', { key: { query: { only: ['page'] } } }),
      on('sorted', { key: { query: { sort: true, except: ['utm_*'] } } }),
      on('currency', { key: { headers: ['X-Currency'] } }),
      on('cookies', { key: { cookies: { ignore: ['_ga*', 'theme'] } } }),
      on('by-cookie', { key: { cookies: { only: ['lang'] } } }),
      on('any-host', { key: { host: false } }),
      on('by-method', { key: { method: true } }),
      on('both', { backend: 'both' }),
      on('half-gone', { backend: 'halfGone' }),
      on('gone', { backend: 'gone' }),
      on('watched', { backend: 'watched' }),
      on('unwatched', { backend: 'watched', circuit: 'off' }),
      on('hasty', { timeouts: { head: '60ms' } }),
      on('brief', { timeouts: { idle: '60ms' } }),
      on('total', { timeouts: { total: '80ms' } }),
      on('retried', { retries: { connection: 1 } }),
      on('once', { retries: { connection: 0 } }),
      { match: { path: '/posted/**', methods: ['POST'] }, backend: 'api' },
      { match: { path: '/denied/**' }, deny: 451 },
      { match: { path: '/hosted/**', host: ['*.shop.example'] }, backend: 'api' },
    ],
  });
  bare = await RunningGateway.start({ to: backend.url });
});

afterAll(async () => {
  await Promise.all([gateway.close(), bare.close()]);
  await Promise.all([backend.down(), other.down()]);
});

beforeEach(() => {
  const test = `t${String(++tests)}`;
  path = (rule) => `/${rule}/${test}`;
});

const ask = (target: string, options: RequestOptions = {}) => get(gateway.port, target, options);
const askWith = (target: string, headers: Record<string, string>) => ask(target, { headers });
const statusOf = async (target: string, headers: Record<string, string> = {}) =>
  String((await askWith(target, headers)).headers['cache-status']);

describe('freshness of a rule', () => {
  it.each([
    ['nothing', {}],
    ['less', { 'Cache-Control': 'max-age=0' }],
    ['more', { 'Cache-Control': 's-maxage=600' }],
    ['that it was long ago', { Expires: '0', Date: 'Thu, 01 Jan 2015 00:00:00 GMT' }],
    ['that nothing may be stale', { 'Cache-Control': 'must-revalidate, max-age=1' }],
  ])('`fixed` decides, where the answer says %s', async (_, headers) => {
    const at = path('fixed');
    backend.on(at, { headers, body: 'old' }, { headers, body: 'new' });
    await ask(at);
    expect(await statusOf(at)).toMatch(/; hit; ttl=(10|9)$/);
    gateway.clock.advance(11_000);
    expect((await ask(at)).text).toBe('old');
    await until(async () => (await ask(at)).text === 'new', 'the new one');
    expect(backend.calls(at)).toBe(2);
  });

  it('`fixed` counts from the birth of an answer, as its Age tells', async () => {
    const at = path('short');
    backend.on(at, { headers: { Age: '8' } });
    await ask(at);
    expect(await statusOf(at)).toMatch(HIT);
    gateway.clock.advance(3_000);
    await ask(at);
    expect(backend.calls(at)).toBe(2);
  });

  it.each([
    ['private', { 'Cache-Control': 'private' }, 2],
    ['no-store', { 'Cache-Control': 'no-store' }, 2],
    ['Set-Cookie', { 'Set-Cookie': 'a=b' }, 2],
    ['Vary: *', { Vary: '*' }, 2],
  ])('`fixed` is bound by %s', async (_, headers, calls) => {
    const at = path('fixed');
    backend.on(at, { headers });
    await ask(at);
    await ask(at);
    expect(backend.calls(at)).toBe(calls);
  });

  it('`fixed` has what says `no-cache` confirmed before each use', async () => {
    const at = path('fixed');
    const headers = { 'Cache-Control': 'no-cache', ETag: '"1"' };
    backend.on(at, { headers, body: 'kept' }, { status: 304, headers });
    await ask(at);
    expect((await ask(at)).text).toBe('kept');
    expect(backend.lastOf(at).headers['if-none-match']).toBe('"1"');
  });

  it('`fixed` sends no more than the key covers, and keeps apart what that tells apart', async () => {
    const at = path('fixed');
    await askWith(at, { 'X-Currency': 'EUR', 'X-Other': 'a', Cookie: 'id=1', 'User-Agent': 'me' });
    const { headers } = backend.lastOf(at);
    expect([headers['x-currency'], headers['x-other'], headers.cookie]).toEqual([
      'EUR',
      undefined,
      undefined,
    ]);
    expect(await statusOf(at, { 'X-Currency': 'EUR', Cookie: 'id=2' })).toMatch(HIT);
    expect(await statusOf(at, { 'X-Currency': 'USD' })).not.toMatch(HIT);
  });

  it('`negative` decides for what is not there, and nothing for what else fails', async () => {
    const at = path('fixed');
    backend.on(at, { status: 404 });
    await ask(at);
    expect(await statusOf(at)).toMatch(/; hit; ttl=[12]$/);
    const [lost, broken] = [path('short'), `${path('fixed')}/broken`];
    backend.on(lost, { status: 404 });
    backend.on(broken, { status: 500 });
    for (const each of [lost, broken]) {
      await ask(each);
      await ask(each);
      expect(backend.calls(each)).toBe(2);
    }
  });

  it('`fixed` stands in for a backend that fails, for as long as the rule says', async () => {
    const at = path('fixed');
    backend.on(at, { headers: { 'Cache-Control': 'must-revalidate' } }, { status: 503 });
    await ask(at);
    gateway.clock.advance(25_000);
    await ask(at);
    await backend.waitForCalls(at, 2);
    gateway.clock.advance(2_000);
    expect((await ask(at)).status).toBe(200);
    gateway.clock.advance(60_000);
    expect((await ask(at)).status).toBe(503);
  });

  it('`default` is for what says nothing, and is asked for without credentials', async () => {
    const at = path('default');
    await ask(at);
    expect(await statusOf(at)).toMatch(/; hit; ttl=[45]$/);
    const said = `${at}/said`;
    backend.on(said, { headers: { 'Cache-Control': 'max-age=0' } });
    await ask(said);
    expect(await statusOf(said)).not.toMatch(HIT);
    const own = `${at}/own`;
    await askWith(own, { Cookie: 'id=1' });
    expect(await statusOf(own)).not.toMatch(HIT);
  });

  it('`none` keeps nothing and shares nothing, unless it says `collapse`', async () => {
    for (const [rule, calls] of [
      ['none', 3],
      ['none-shared', 1],
    ] as const) {
      const at = path(rule);
      const answering = gate();
      backend.on(at, { gate: answering, headers: FRESH });
      const asked = gateway.asked.value;
      const replies = times(3, () => ask(at));
      await gateway.waitForAsked(asked + 3);
      await backend.waitForCalls(at, calls);
      answering.open();
      await Promise.all(replies);
      expect(backend.calls(at)).toBe(calls);
    }
    await ask(path('none'));
    expect(backend.calls(path('none'))).toBe(4);
  });

  it('`heuristic` is a part of the time since the last change, up to a most', async () => {
    const changed = (agoS: number) => ({
      'Last-Modified': new Date(Date.now() - agoS * 1_000).toUTCString(),
    });
    const [at, most, off] = [path('guess'), `${path('guess')}/most`, path('no-guess')];
    backend.on(at, { headers: changed(10) }).on(most, { headers: changed(1_000) });
    backend.on(off, { headers: changed(1_000) });
    for (const each of [at, most, off]) await ask(each);
    expect(await statusOf(at)).toMatch(/; hit; ttl=[45]$/);
    expect(await statusOf(most)).toMatch(/; hit; ttl=(19|20)$/);
    expect(await statusOf(off)).not.toMatch(HIT);
  });

  it('`stale` is for what names no window', async () => {
    const at = path('stale');
    backend.on(at, { headers: FRESH, body: 'old' }, { status: 503 });
    await ask(at);
    gateway.clock.advance(75_000);
    expect(await statusOf(at)).toMatch(/detail=stale-while-revalidate/);
    await backend.waitForCalls(at, 2);
    gateway.clock.advance(60_000);
    expect(await statusOf(at)).toMatch(/detail=stale-if-error/);
  });
});

describe('sharing by a rule', () => {
  it('`collapse: off` has each make a call of its own, and still keeps', async () => {
    const at = path('each');
    const answering = gate();
    backend.on(at, { gate: answering, headers: FRESH });
    const replies = times(3, () => ask(at));
    await backend.waitForCalls(at, 3);
    answering.open();
    await Promise.all(replies);
    expect(await statusOf(at)).toMatch(HIT);
  });

  it('`waitMax` has one of those who wait in vain make the next call, and the others wait for that', async () => {
    const at = path('patient');
    const [first, second] = [gate(), gate()];
    backend.on(at, { gate: first, body: 'first' }, { gate: second, body: 'second' });
    const asked = gateway.asked.value;
    const leader = ask(at);
    await backend.waitForCalls(at, 1);
    const joiners = times(5, () => ask(at));
    await gateway.waitForAsked(asked + 6);
    gateway.clock.advance(1_999);
    await turn();
    expect(backend.calls(at)).toBe(1);
    gateway.clock.advance(1);
    await backend.waitForCalls(at, 2);
    second.open();
    const texts = (await Promise.all(joiners)).map(({ text }) => text);
    expect(texts).toEqual(times(5, () => 'second'));
    expect(backend.calls(at)).toBe(2);
    first.open();
    expect((await leader).status).toBe(200);
  });

  it('`waitMax` ends in 504 for who has waited for the next call as well', async () => {
    const at = path('patient');
    const answering = gate();
    backend.on(at, { gate: answering });
    const asked = gateway.asked.value;
    const leader = ask(at);
    await backend.waitForCalls(at, 1);
    const joiners = times(3, () => ask(at));
    await gateway.waitForAsked(asked + 4);
    gateway.clock.advance(2_000);
    await backend.waitForCalls(at, 2);
    for (let turns = 0; turns < 5; turns++) await turn();
    gateway.clock.advance(2_000);
    for (let turns = 0; turns < 5; turns++) await turn();
    answering.open();
    const statuses = (await Promise.all(joiners)).map(({ status }) => status).sort();
    // The one that leads waits for its own call, by the timeouts of that.
    expect(statuses).toEqual([200, 504, 504]);
    expect([(await leader).status, backend.calls(at)]).toEqual([200, 2]);
  });

  it('`ranges: whole` gets the whole, by one call, keeps it, and cuts the parts', async () => {
    const at = path('whole');
    const answering = gate();
    backend.on(at, { gate: answering, headers: FRESH, body: '0123456789' });
    const asked = gateway.asked.value;
    const parts = [
      askWith(at, { Range: 'bytes=2-4' }),
      askWith(at, { Range: 'bytes=-2' }),
      ask(at),
    ];
    await gateway.waitForAsked(asked + 3);
    answering.open();
    const texts = (await Promise.all(parts)).map(({ status, text }) => [status, text]);
    expect(texts).toEqual([
      [206, '234'],
      [206, '89'],
      [200, '0123456789'],
    ]);
    expect(backend.calls(at)).toBe(1);
    expect(backend.lastOf(at).headers.range).toBeUndefined();
  });

  it.each(['no-cache', 'max-age=0'])(
    '`clientRefresh` obeys %s, and nobody else does',
    async (said) => {
      const [at, deaf] = [path('refresh'), path('stale')];
      backend.on(at, { headers: FRESH }).on(deaf, { headers: FRESH });
      for (const each of [at, deaf]) {
        await ask(each);
        await askWith(each, { 'Cache-Control': said });
      }
      expect([backend.calls(at), backend.calls(deaf)]).toEqual([2, 1]);
    },
  );

  it('`trust: rfc` keeps what is asked for with cookies', async () => {
    const at = path('trusting');
    backend.on(at, { headers: FRESH });
    await askWith(at, { Cookie: 'id=1' });
    expect(await statusOf(at)).toMatch(HIT);
  });

  it('`targets` are in the order of the rule, before Cache-Control', async () => {
    const at = path('targeted');
    backend.on(at, {
      headers: {
        'Cache-Control': 'no-store',
        'CDN-Cache-Control': 'max-age=10',
        'Breakwater-Cache-Control': 'max-age=30',
      },
    });
    await ask(at);
    const reply = await ask(at);
    expect(reply.headers['cache-status']).toMatch(/; hit; ttl=(30|29)$/);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it.each([
    [100, 'as large as may be', HIT],
    [101, 'larger', /detail=|stored|fwd=/],
  ])('`maxEntryBytes`: a body of %i is %s', async (length, _, status) => {
    for (const chunked of [false, true]) {
      const at = `${path('small')}/${String(chunked)}`;
      backend.on(at, { headers: FRESH, body: 'x'.repeat(length), chunked });
      await ask(at);
      expect(await statusOf(at)).toMatch(status);
      expect(backend.calls(at)).toBe(length === 100 ? 1 : 2);
    }
  });
});

describe('what a rule sends, and to whom', () => {
  it('`request.headers` and `response.headers` set, add and remove', async () => {
    const at = path('changed');
    backend.on(at, { headers: { ...FRESH, 'X-Gone': 'a', 'X-Add': 'a', Server: 'a' } });
    for (const served of ['fwd', 'hit']) {
      const reply = await askWith(at, { 'X-Set': 'c', 'X-Add': 'c', 'X-Gone': 'c' });
      expect(reply.headers['cache-status']).toContain(served);
      expect([reply.headers.server, reply.headers['x-gone']]).toEqual(['rule', undefined]);
      expect(reply.headers['x-add']).toBe('a, rule');
    }
    const sent = backend.lastOf(at).headers;
    expect([sent['x-set'], sent['x-add'], sent['x-gone']]).toEqual(['rule', 'c, rule', undefined]);
  });

  it('`rewrite` strips whole segments and adds, a prefix of the backend stays in front', async () => {
    expect((await ask('/v1/things/7?a=b')).status).toBe(200);
    expect(backend.requests.at(-1)?.url).toBe('/api/things/7?a=b');
    await ask('/prefixed/x');
    expect(backend.requests.at(-1)?.url).toBe('/base/prefixed/x');
  });

  it.each([
    ['named', 'named.example'],
    ['own-host', undefined],
    ['stale', 'client.example'],
  ])('`host` of /%s/ is %s', async (rule, host) => {
    const at = path(rule);
    await askWith(at, { Host: 'client.example' });
    expect(backend.lastOf(at).headers.host).toBe(host ?? new URL(backend.url).host);
  });

  it('`key.query` neither counts nor sends what it leaves out, and may sort', async () => {
    const at = path('query');
    const asks = async (query: string) => {
      const { headers } = await ask(query);
      return [HIT.test(String(headers['cache-status'])), backend.requests.at(-1)?.url];
    };
    for (const each of [`${at}?page=1`, `${path('sorted')}?a=1&b=2`]) {
      backend.on(each, { headers: FRESH });
    }
    expect(await asks(`${at}?utm=x&page=1`)).toEqual([false, `${at}?page=1`]);
    expect((await asks(`${at}?page=1&y`))[0]).toBe(true);
    const sorted = path('sorted');
    expect(await asks(`${sorted}?b=2&a=1&utm_source=m`)).toEqual([false, `${sorted}?a=1&b=2`]);
    expect((await asks(`${sorted}?a=1&b=2`))[0]).toBe(true);
  });

  it('`key.headers`, `host` and `method` tell apart, or do not', async () => {
    const [currency, anyHost, byMethod] = ['currency', 'any-host', 'by-method'].map(path) as [
      string,
      string,
      string,
    ];
    for (const each of [currency, anyHost, byMethod]) backend.on(each, { headers: FRESH });
    await askWith(currency, { 'X-Currency': 'EUR' });
    expect(await statusOf(currency, { 'X-Currency': 'EUR' })).toMatch(HIT);
    expect(await statusOf(currency, { 'X-Currency': 'USD' })).not.toMatch(HIT);
    await askWith(anyHost, { Host: 'a' });
    expect(await statusOf(anyHost, { Host: 'b' })).toMatch(HIT);
    await ask(byMethod);
    const head = await ask(byMethod, { method: 'HEAD' });
    expect(head.headers['cache-status']).not.toMatch(HIT);
  });

  it('`cookies.ignore` are neither sent nor credentials, others are both', async () => {
    const at = path('cookies');
    backend.on(at, { headers: FRESH });
    await askWith(at, { Cookie: '_ga=1; theme=dark; _gat_x=2' });
    expect(backend.lastOf(at).headers.cookie).toBeUndefined();
    expect(await statusOf(at)).toMatch(HIT);
    const own = `${at}/own`;
    backend.on(own, { headers: FRESH });
    await askWith(own, { Cookie: '_ga=1; id=7' });
    expect(backend.lastOf(own).headers.cookie).toBe('id=7');
    expect(await statusOf(own)).not.toMatch(HIT);
  });

  it('`cookies.only` are part of the key, and all that is sent', async () => {
    const at = path('by-cookie');
    backend.on(at, { headers: FRESH });
    await askWith(at, { Cookie: 'id=7; lang=de' });
    expect(backend.lastOf(at).headers.cookie).toBe('lang=de');
    expect(await statusOf(at, { Cookie: 'lang=de; id=8' })).toMatch(HIT);
    expect(await statusOf(at, { Cookie: 'lang=en' })).not.toMatch(HIT);
  });

  it('`urls` are called in turn', async () => {
    const before = [backend.total, other.total] as const;
    for (const index of times(6, (index) => index)) await ask(`${path('both')}/${String(index)}`);
    expect([backend.total - before[0], other.total - before[1]]).toEqual([3, 3]);
  });

  it('one of `urls` that refuses the connection has the next one tried', async () => {
    for (const method of ['GET', 'POST']) {
      for (const index of times(4, (index) => index)) {
        const body = method === 'POST' ? { body: 'x' } : {};
        const reply = await ask(`${path('half-gone')}/${String(index)}`, { method, ...body });
        expect(reply.status).toBe(200);
      }
    }
  });
});

describe('what a rule bears', () => {
  it('`circuit.failures`, `statuses` and `cooldown`, and a rule without a circuit', async () => {
    const at = path('watched');
    backend.on(
      at,
      { status: 500 },
      { status: 500 },
      { status: 500 },
      { status: 404 },
      { status: 404 },
      {},
    );
    for (let call = 0; call < 3; call++) expect((await ask(at)).status).toBe(500);
    for (let call = 0; call < 2; call++) expect((await ask(at)).status).toBe(404);
    const refused = await ask(at);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect((await ask(path('unwatched'))).status).toBe(200);
    gateway.clock.advance(5_000);
    expect((await ask(at)).status).toBe(200);
  });

  it('`timeouts`: for the head, between two pieces of a body, in all', async () => {
    const [hasty, brief, total] = ['hasty', 'brief', 'total'].map(path) as [string, string, string];
    backend.on(hasty, { hang: true }).on(brief, { declare: 10 }).on(total, { trickle: 10 });
    expect((await ask(hasty)).status).toBe(504);
    for (const each of [brief, total]) {
      expect((await new Stream(gateway.port, each).ended()).end).toBe('cut');
    }
  });

  it('`retries.connection`: a connection that closes unanswered is tried again, where it was used before', async () => {
    for (const [rule, calls] of [
      ['retried', [200, 200]],
      ['once', [200, 502]],
    ] as const) {
      const [first, second] = [`${path(rule)}/1`, `${path(rule)}/2`];
      backend.on(second, { reset: true }, {});
      const statuses: number[] = [];
      for (const each of [first, second]) statuses.push((await ask(each)).status);
      expect(statuses).toEqual(calls);
    }
  });

  it('`match.methods`, `match.host` and `deny`', async () => {
    expect((await ask(path('posted'))).status).toBe(404);
    expect((await ask(path('posted'), { method: 'POST', body: 'x' })).status).toBe(200);
    expect((await askWith(path('hosted'), { Host: 'a.shop.example:80' })).status).toBe(200);
    expect((await askWith(path('hosted'), { Host: 'shop.example' })).status).toBe(404);
    const denied = await ask(path('denied'));
    expect([denied.status, denied.text]).toEqual([451, '{"error":"denied"}']);
  });

  it('an unreachable backend is 502, and stays so', async () => {
    for (let call = 0; call < 8; call++) expect((await ask(path('gone'))).status).toBe(502);
  });
});

describe('a path that may be read in two ways (K1)', () => {
  const STRANGE = ['/a/../b', '/a/%2e%2E/b', '/./c', '/%zz', '/a%'];

  it.each(STRANGE)(
    '%s is refused where there are rules, and the backend’s where there are none',
    async (strange) => {
      expect((await ask(strange)).status).toBe(400);
      backend.on(decoded(strange), { headers: FRESH, body: strange });
      expect((await get(bare.port, strange)).text).toBe(strange);
      expect(backend.requests.at(-1)?.url).toBe(strange);
      const again = await get(bare.port, strange);
      expect([again.text, HIT.test(String(again.headers['cache-status']))]).toEqual([
        strange,
        true,
      ]);
    },
  );
});

/** What the backend calls such a target. */
function decoded(target: string): string {
  return target.replaceAll(/%2e/gi, '.');
}

/** A port of this machine on which nobody listens. */
async function portThatRefuses(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
