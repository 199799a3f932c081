import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gate } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import { Origin, RunningGateway, Stream, times, until } from './gateway-fixture.js';

/** Entity tags of what there is in each language; a language without one has what `en` has. */
const TAGS: Record<string, string> = { de: '"de-1"', en: '"en-1"', fr: 'W/"fr-1"' };

let origin: Origin;
let gateway: RunningGateway;
/** What the backend was asked with, by language. */
let asked: { language: string; etags: string | undefined; since: string | undefined }[];
let rest: Gate;
let beside: { close(): Promise<void> }[];

beforeEach(async () => {
  asked = [];
  beside = [];
  rest = gate();
  rest.open();
  origin = await Origin.start(({ headers, url }, response) => {
    const language = headers['accept-language'] ?? 'none';
    const etags = headers['if-none-match'];
    asked.push({ language, etags, since: headers['if-modified-since'] });
    const etag = TAGS[language] ?? (url === '/many' ? `"${language}"` : '"en-1"');
    const fields = { Vary: 'Accept-Language', 'Cache-Control': 'max-age=60', ETag: etag };
    if (etags?.split(', ').includes(etag)) {
      response.writeHead(304, fields);
      response.end();
      return;
    }
    response.writeHead(200, fields);
    response.write(`${url} in `);
    void rest.opened.then(() => response.end(language));
  });
  gateway = await RunningGateway.start({ to: origin.url });
});

afterEach(async () => {
  for (const it of beside) await it.close();
  await gateway.close();
  await origin.close();
});

const askIn = (language: string, path = '/v') =>
  get(gateway.port, path, { headers: { 'Accept-Language': language } });

describe('a variant that nobody has asked for yet', () => {
  it('is asked for by the entity tags of the others (V1), and is one of them if that is named (V2)', async () => {
    await askIn('de');
    await askIn('en');
    const reply = await askIn('en-GB');
    expect(asked.at(-1)).toEqual({
      language: 'en-GB',
      etags: '"en-1", "de-1"',
      since: undefined,
    });
    expect([reply.status, reply.text]).toEqual([200, '/v in en']);
    expect(reply.headers['cache-status']).toMatch(/fwd-status=304.*detail=revalidated/);
    // These values select it from now on, and the one that was named is as new as it.
    gateway.clock.advance(50_000);
    expect((await askIn('en-GB')).headers['cache-status']).toMatch(/; hit; ttl=\d+$/);
    expect(origin.calls.value).toBe(3);
    gateway.clock.advance(20_000);
    expect((await askIn('en-GB')).text).toBe('/v in en');
    expect(asked.at(-1)?.etags).toMatch(/^"en-1"/);
    expect(origin.calls.value).toBe(4);
  });

  it('is asked for by eight of them at most', async () => {
    for (const index of times(12, (index) => index)) await askIn(`x${index}`, '/many');
    expect(asked.at(-1)?.etags?.split(', ')).toEqual(times(8, (index) => `"x${10 - index}"`));
  });

  it('is read by all of its language while it arrives, by one call, the first of all as well', async () => {
    rest = gate();
    const first = new Stream(gateway.port, '/v', { headers: { 'Accept-Language': 'fr' } });
    await until(() => String(first.body) === '/v in ', 'the first half');
    const late = times(
      3,
      () => new Stream(gateway.port, '/v', { headers: { 'Accept-Language': 'fr' } }),
    );
    await until(() => late.every(({ body }) => String(body) === '/v in '), 'the first half, late');
    rest.open();
    for (const stream of [first, ...late]) {
      expect(String((await stream.ended()).body)).toBe('/v in fr');
    }
    expect(late.map(({ headers }) => headers['cache-status'])).toEqual(
      times(3, () => expect.stringMatching(/collapsed.*detail=filling/) as unknown),
    );
    expect((await askIn('fr')).headers['cache-status']).toMatch(/; hit/);
    expect(origin.calls.value).toBe(1);
  });

  it('is never one in a coding that the client does not take, whatever tags it has in common', async () => {
    const own = await Origin.start((request, response) => {
      const coding = String(request.headers['accept-encoding']);
      const fields = { Vary: 'Accept-Encoding', 'Cache-Control': 'max-age=60', ETag: 'W/"1"' };
      const isKnown = request.headers['if-none-match'] !== undefined;
      response.writeHead(isKnown ? 304 : 200, { ...fields, 'Content-Encoding': coding });
      response.end(isKnown ? undefined : `in ${coding}`);
    });
    const other = await RunningGateway.start({ to: own.url });
    beside = [other, own];
    for (const coding of ['gzip', 'br', 'identity', 'gzip']) {
      const headers = { 'Accept-Encoding': coding };
      expect((await get(other.port, '/v', { headers })).text).toBe(`in ${coding}`);
    }
    expect(own.calls.value).toBe(3);
  });

  it('is there for others too where one with credentials was the first to ask', async () => {
    const headers = { 'Accept-Language': 'de', Authorization: 'Basic a' };
    const own = await Origin.start((request, response) => {
      response.writeHead(200, { Vary: 'Accept-Language', 'Cache-Control': 'public, max-age=60' });
      response.end(request.headers['accept-language']);
    });
    const other = await RunningGateway.start({ to: own.url });
    beside = [other, own];
    await get(other.port, '/v', { headers });
    const reply = await get(other.port, '/v', { headers: { 'Accept-Language': 'de' } });
    expect(reply.headers['cache-status']).toMatch(/; hit/);
    expect(own.calls.value).toBe(1);
  });
});

describe('of more variants than are kept (K3)', () => {
  it('the one goes that nobody has used for longest', async () => {
    for (const index of times(16, (index) => index)) await askIn(`x${index}`, '/many');
    expect((await askIn('x0', '/many')).headers['cache-status']).toMatch(/; hit/);
    await askIn('x16', '/many');
    const calls = origin.calls.value;
    expect((await askIn('x0', '/many')).headers['cache-status']).toMatch(/; hit/);
    expect((await askIn('x2', '/many')).headers['cache-status']).toMatch(/; hit/);
    expect(origin.calls.value).toBe(calls);
    expect((await askIn('x1', '/many')).headers['cache-status']).not.toMatch(/; hit/);
  });
});
