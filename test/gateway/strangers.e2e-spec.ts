import { connect } from 'node:net';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { get } from '../support/http-client.js';
import { Origin, RunningGateway, turn, until } from './gateway-fixture.js';

/** What is asked of the backend, with the answer that it waits to give. */
interface Call {
  readonly url: string;
  readonly who: string;
  readonly response: ServerResponse;
}

let origin: Origin;
let gateway: RunningGateway;
let calls: Call[];
/** Whether the backend answers at once. */
let isHeld = false;

/** A backend that knows who asks by one field, and says nothing of that. */
beforeAll(async () => {
  origin = await Origin.start(({ url = '', headers }, response) => {
    const [, name = ''] = url.split('/');
    const who = String(headers[name] ?? 'nobody');
    const call = { url, who, response };
    calls.push(call);
    if (!isHeld) answer(call);
  });
  gateway = await RunningGateway.start({
    to: origin.url,
    rules: [
      {
        match: { path: '/x-api-key/keyed' },
        key: { headers: ['X-Api-Key'] },
      },
      { match: { path: '/x-api-key/rfc' }, trust: 'rfc' },
    ],
  });
});

afterAll(async () => {
  await gateway.close();
  await origin.close();
});

beforeEach(() => {
  calls = [];
  isHeld = false;
});

function answer({ url, who, response }: Call): void {
  if (!url.endsWith('/silent')) {
    const isPublic = url.endsWith('/public') ? 'public, ' : '';
    response.setHeader('Cache-Control', `${isPublic}max-age=60`);
  }
  if (url.includes('varied')) response.setHeader('Vary', 'X-Long');
  response.end(who);
}

const ask = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
  const { status, text } = await get(gateway.port, path, { headers });
  return status === 200 ? text : String(status);
};

/** Everything that comes for these bytes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(gateway.port, '127.0.0.1');
    socket.setEncoding('latin1').on('data', (piece: string) => (said += piece));
    socket.once('error', reject).once('close', () => resolve(said));
    socket.write(bytes, 'latin1');
  });
}

describe('who says who he is, in whatever field', () => {
  const NAMES = [
    ...['authorization', 'x-api-key', 'api-key', 'x-auth-token', 'x-access-token'],
    ...['private-token', 'ocp-apim-subscription-key', 'cf-access-jwt-assertion', 'x-remote-user'],
  ];

  it.each(NAMES)('gets what is his alone, and nobody else does: %s', async (name) => {
    const path = `/${name}/own`;
    expect(await ask(path, { [name]: 'ann' })).toBe('ann');
    expect(await ask(path, { [name]: 'bob' })).toBe('bob');
    expect(await ask(path)).toBe('nobody');
    expect(await ask(path)).toBe('nobody');
    // Learnt by now as what everybody has.
    expect(await ask(path)).toBe('nobody');
    expect(await ask(path, { [name]: 'ann' })).toBe('ann');
    expect(calls.map(({ who }) => who)).toEqual(['ann', 'bob', 'nobody', 'ann']);
  });

  it.each(NAMES)('waits for no call of another: %s', async (name) => {
    const path = `/${name}/silent`;
    isHeld = true;
    const before = gateway.asked.value;
    const asked = ['ann', 'bob', 'eve'].map((who) => ask(path, { [name]: who }));
    await gateway.waitForAsked(before + 3);
    await until(() => calls.length === 3, 'a call each');
    for (const call of calls) answer(call);
    expect(await Promise.all(asked)).toEqual(['ann', 'bob', 'eve']);
  });

  it('shares what says that it is for everybody', async () => {
    expect(await ask('/x-api-key/public', { 'X-Api-Key': 'ann' })).toBe('ann');
    expect(await ask('/x-api-key/public', { 'X-Api-Key': 'bob' })).toBe('ann');
    expect(calls).toHaveLength(1);
  });

  it('shares with those whom the key of a rule takes for the same', async () => {
    for (const who of ['ann', 'bob', 'ann', 'bob']) {
      expect(await ask('/x-api-key/keyed', { 'X-Api-Key': who })).toBe(who);
    }
    expect(calls).toHaveLength(2);
  });

  it('is nobody in particular by RFC 9111, which knows Authorization alone', async () => {
    expect(await ask('/x-api-key/rfc', { 'X-Api-Key': 'ann' })).toBe('ann');
    expect(await ask('/x-api-key/rfc', { 'X-Api-Key': 'bob' })).toBe('ann');
  });
});

describe('a shared call', () => {
  it.each(['cf-connecting-ip', 'fastly-client-ip', 'x-override-url', 'x-original-method'])(
    'says nothing by %s that the key does not tell apart',
    async (name) => {
      expect(await ask(`/${name}/a`, { [name]: 'evil' })).toBe('nobody');
    },
  );
});

describe('a target', () => {
  it.each([9_000, 14_000])('of %i letters is answered like others, and kept', async (length) => {
    const path = `/long/a?${'q'.repeat(length)}`;
    expect([await ask(path), await ask(path)]).toEqual(['nobody', 'nobody']);
    expect(await ask(`${path}1`)).toBe('nobody');
    expect(calls.map(({ url }) => url)).toEqual([path, `${path}1`]);
  });

  it('is told apart by values that are as long', async () => {
    const value = 'v'.repeat(9_500);
    const long = (last: string) => ({ 'X-Long': value + last });
    for (const last of ['1', '2', '1', '2'])
      expect(await ask('/varied', long(last))).toBe('nobody');
    expect(calls).toHaveLength(2);
  });

  it('does not get out of the path that the backend has', async () => {
    const below = await RunningGateway.start({ to: `${origin.url}/base` });
    const status = async (path: string) => (await get(below.port, path)).status;
    const paths = ['/../x', '/a/%2e%2e/../x', '/.%2E/x', '/%zz/../../x', '/a/..', '/fine'];
    const statuses: number[] = [];
    for (const path of paths) statuses.push(await status(path));
    await below.close();
    expect(statuses).toEqual([400, 400, 400, 400, 400, 200]);
    expect(calls.map(({ url }) => url)).toEqual(['/base/fine']);
  });

  it('that is all of the server is one of OPTIONS alone', async () => {
    const [star, options] = await Promise.all(
      ['GET', 'OPTIONS'].map((method) =>
        raw(`${method} * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
      ),
    );
    await turn();
    expect([star?.slice(9, 12), options?.slice(9, 12)]).toEqual(['400', '200']);
    expect(calls.map(({ url }) => url)).toEqual(['*']);
  });
});
