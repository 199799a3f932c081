import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { get } from '../support/http-client.js';
import { Origin, RunningGateway } from './gateway-fixture.js';

let origin: Origin;
let gateway: RunningGateway;

/** Answers by all that it may answer by, and for everybody. */
beforeEach(async () => {
  origin = await Origin.start(({ url = '', headers }, response) => {
    if (url.startsWith('/compressed')) return compressed(url, headers, response);
    response.setHeader('Cache-Control', 'max-age=60');
    if (url === '/varied') response.setHeader('Vary', 'Accept-Language');
    const told = [url, headers['accept-language'], headers['x-currency']];
    response.end([...told, headers['x-forwarded-proto']].map((it) => it ?? 'none').join(' '));
  });
  gateway = await RunningGateway.start({
    to: origin.url,
    trustedProxies: ['127.0.0.1'],
    rules: [{ match: { path: '/keyed' }, key: { headers: ['X-Currency'] } }],
  });
});

/** As Express does it with `cors` and `compression`: a 304 has nothing to compress, and so does not say by what. */
function compressed(url: string, headers: IncomingHttpHeaders, response: ServerResponse): void {
  const tag = url.endsWith('strong') ? '"1"' : 'W/"1"';
  response.setHeader('Cache-Control', 'no-cache').setHeader('ETag', tag);
  response.setHeader('Vary', 'Origin');
  if (headers['if-none-match'] !== undefined) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Vary', 'Origin, Accept-Encoding');
  const takesGzip = headers['accept-encoding']?.includes('gzip') === true;
  if (takesGzip) response.setHeader('Content-Encoding', 'gzip');
  response.end(takesGzip ? gzipSync('text') : 'text');
}

afterEach(async () => {
  await gateway.close();
  await origin.close();
});

const ask = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
  (await get(gateway.port, path, { headers })).body.toString();

describe('answers that the backend gives to different questions', () => {
  it('are told apart by an empty query, which is not none', async () => {
    expect(await ask('/a')).toMatch(/^\/a /);
    expect(await ask('/a?')).toMatch(/^\/a\? /);
    expect(await ask('/a')).toMatch(/^\/a /);
    expect(origin.calls.value).toBe(2);
  });

  it('are told apart by how the client has asked, of which the backend is told', async () => {
    expect(await ask('/a', { 'X-Forwarded-Proto': 'https' })).toMatch(/ https$/);
    expect(await ask('/a', { 'X-Forwarded-Proto': 'http' })).toMatch(/ http$/);
    expect(await ask('/a', { 'X-Forwarded-Proto': 'https' })).toMatch(/ https$/);
    expect(origin.calls.value).toBe(2);
  });

  it('are kept by what was sent, whatever a client has nominated not to be sent', async () => {
    const hidden = { Connection: 'accept-language', 'Accept-Language': 'de' };
    expect(await ask('/varied', hidden)).toMatch(/^\/varied none /);
    expect(await ask('/varied', { 'Accept-Language': 'de' })).toMatch(/^\/varied de /);
    const unkeyed = { Connection: 'x-currency', 'X-Currency': 'EUR' };
    expect(await ask('/keyed', unkeyed)).toMatch(/^\/keyed none none /);
    expect(await ask('/keyed', { 'X-Currency': 'EUR' })).toMatch(/^\/keyed none EUR /);
  });

  it.each(['weak', 'strong'])(
    'are told apart by their coding, where neither a 304 nor a %s tag tells of it',
    async (tag) => {
      for (const [coding, text] of [
        ['gzip', gzipSync('text')],
        ['gzip', gzipSync('text')],
        ['identity', Buffer.from('text')],
        ['gzip', gzipSync('text')],
        ['identity', Buffer.from('text')],
      ] as const) {
        const { body, headers } = await get(gateway.port, `/compressed/${tag}`, {
          headers: { 'Accept-Encoding': coding },
        });
        expect([body, headers.vary]).toEqual([text, 'Origin, Accept-Encoding']);
      }
    },
  );
});
