import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readRuleFile } from '../../src/gateway/index.js';
import { get } from '../support/http-client.js';
import { Origin, RunningGateway } from './gateway-fixture.js';

let origin: Origin;
let gateway: RunningGateway;
let answered: jest.SpiedFunction<RunningGateway['service']['hits']['answer']>;

beforeEach(async () => {
  origin = await Origin.start(({ url = '', headers }, response) => {
    response.setHeader('Cache-Control', url === '/checked' ? 'no-cache' : 'max-age=60');
    response.setHeader('ETag', '"1"');
    response.setHeader('X-Twice', ['one', 'two']);
    if (url === '/varied') response.setHeader('Vary', 'Accept-Language');
    if (url === '/named') response.setHeader('Cache-Control', 'max-age=60, no-cache="x-twice"');
    if (url === '/odd') response.statusMessage = 'Fine';
    if (url === '/large') response.end(Buffer.alloc(9_000, 'é', 'latin1'));
    else response.end(`${url} ${String(headers['x-currency'])} ${String(origin.calls.value)}`);
  });
  gateway = await RunningGateway.start({
    to: origin.url,
    rules: [
      { name: 'keyed', match: { path: '/keyed' }, key: { headers: ['X-Currency'] } },
      {
        name: 'changed',
        match: { path: '/changed' },
        response: { headers: { set: { 'X-Ours': 'yes' }, remove: ['ETag'] } },
      },
    ],
  });
  answered = jest.spyOn(gateway.service.hits, 'answer');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await gateway.close();
  await origin.close();
});

/** Whether the last request went the short way. */
const wasShort = (): boolean => answered.mock.results.at(-1)?.value === true;

/** Fetched, and asked for once more, by which it is learnt. */
async function learn(path: string, headers: Record<string, string> = {}): Promise<void> {
  await get(gateway.port, path, { headers });
  await get(gateway.port, path, { headers });
}

describe('a hit whose target is known', () => {
  it.each(['/plain', '/plain?a=1&b', '/changed', '/named', '/large', '/empty?'])(
    'is the answer that the long way gives, to the byte: %s',
    async (path) => {
      await learn(path);
      const short = await get(gateway.port, path);
      expect(wasShort()).toBe(true);
      // Says nothing that counts, and goes the long way for having said it.
      const long = await get(gateway.port, path, { headers: { Pragma: 'anything' } });
      expect(wasShort()).toBe(false);
      expect(short.rawHeaders).toEqual(long.rawHeaders);
      expect([short.status, short.body]).toEqual([long.status, long.body]);
      expect(origin.calls.value).toBe(1);
    },
  );

  it('is counted once, as every hit', async () => {
    await learn('/plain');
    const hits = () => [...gateway.caching.all()].reduce((sum, it) => sum + it.counters().hits, 0);
    const before = hits();
    await get(gateway.port, '/plain');
    expect([wasShort(), hits() - before]).toEqual([true, 1]);
  });

  it('tells its age, and the rest of its life, in every second anew', async () => {
    await learn('/plain');
    await get(gateway.port, '/plain');
    gateway.clock.advance(7_000);
    const { headers } = await get(gateway.port, '/plain');
    expect(wasShort()).toBe(true);
    expect([headers.age, headers['cache-status']]).toEqual(['7', 'breakwater; hit; ttl=53']);
  });

  it('is none once it is no longer fresh', async () => {
    await learn('/plain');
    gateway.clock.advance(61_000);
    await get(gateway.port, '/plain');
    expect([wasShort(), origin.calls.value]).toEqual([false, 2]);
  });

  it('is none once its target has been changed', async () => {
    await learn('/plain');
    await get(gateway.port, '/plain', { method: 'POST' });
    const { body } = await get(gateway.port, '/plain');
    expect(wasShort()).toBe(false);
    expect(body.toString()).toBe('/plain undefined 3');
  });

  it('is what the rules of now say, from the moment that they hold', async () => {
    await learn('/plain');
    await get(gateway.port, '/plain');
    expect(wasShort()).toBe(true);
    const folder = await mkdtemp(join(tmpdir(), 'breakwater-hot-hits-'));
    const file = join(folder, 'rules.yaml');
    await writeFile(
      file,
      'version: 1\nrules: [{ name: shut, match: { path: /plain }, deny: 403 }]\n',
    );
    gateway.service.use((await readRuleFile(file)).set);
    await rm(folder, { recursive: true });
    expect((await get(gateway.port, '/plain')).status).toBe(403);
  });

  it.each([
    ['Authorization', 'Basic eDp5'],
    ['Cookie', 'a=1'],
    ['Range', 'bytes=0-1'],
    ['If-None-Match', '"1"'],
    ['If-Match', '"1"'],
    ['Cache-Control', 'only-if-cached'],
    ['X-Forwarded-Proto', 'https'],
    ['Via', '1.1 breakwater'],
    ['Connection', 'accept-language'],
  ])('goes the long way for who says %s', async (name, value) => {
    await learn('/plain');
    await get(gateway.port, '/plain', { headers: { [name]: value } });
    expect(wasShort()).toBe(false);
  });

  it('is of its host alone', async () => {
    await learn('/plain', { Host: 'one.example' });
    await get(gateway.port, '/plain', { headers: { Host: 'two.example' } });
    expect([wasShort(), origin.calls.value]).toEqual([false, 2]);
  });

  it.each(['/checked', '/varied', '/keyed', '/odd'])(
    'is not learnt where more than the target decides, or the answer is unusual: %s',
    async (path) => {
      await learn(path);
      await get(gateway.port, path);
      expect(wasShort()).toBe(false);
    },
  );
});
