import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../src/cluster/testing/redis-server.js';
import { gate } from './support/gate.js';
import { get } from './support/http-client.js';
import { Replica } from './support/replica.js';
import { ScriptedBackend } from './support/scripted-backend.js';

const SIZE = 4;
const WAYS = ['key', 'tag', 'cache', 'all'] as const;

let store: RedisServer;
let backend: ScriptedBackend;
const replicas: Replica[] = [];

jest.setTimeout(180_000);

beforeAll(async () => {
  store = await RedisServer.start();
  backend = await ScriptedBackend.start();
  for (let i = 0; i < SIZE; i++) replicas.push(await Replica.start(store.url, 'eu', backend.url));
});

afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await backend.down();
  await store.stop();
});

const ask = async ({ port }: Replica, path: string) => (await get(port, `/catalogue/${path}`)).text;
const ofAll = (path: string) => Promise.all(replicas.map((replica) => ask(replica, path)));

async function states(): Promise<{ waits: number; status: string }[]> {
  const texts = await ofAll('any/cluster');
  return texts.map((text) => JSON.parse(text) as { waits: number; status: string });
}

const waits = async () => (await states()).reduce((sum, each) => sum + each.waits, 0);

async function invalidate({ port }: Replica, path: string): Promise<void> {
  expect((await get(port, `/catalogue/${path}`, { method: 'DELETE' })).text).toBe('true');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

describe('four replicas of an application that cache by one store', () => {
  it.each(WAYS)('make one more call for an invalidation in flight, of the %s', async (way) => {
    const id = `flight-${way}`;
    const [old, fresh] = [gate(), gate()];
    backend.on(id, { gate: old, body: 'old' }, { gate: fresh, body: 'new' });
    const before = await waits();
    const asked = replicas.map((replica) => ask(replica, id));
    await until(async () => (await waits()) === before + SIZE - 1);
    await invalidate(replicas[0]!, `${id}/${way}`);
    await backend.waitForCalls(id, 2);
    fresh.open();
    await until(
      async () => (await ofAll(`${id}/held`)).filter((held) => held === 'new').length > 1,
    );
    old.open();
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer === 'new')).toHaveLength(SIZE - 1);
    expect(new Set(await ofAll(id))).toEqual(new Set(['new']));
    expect(backend.calls(id)).toBe(2);
  });

  it('make one call where the store comes back with what was invalidated', async () => {
    backend.on('snapshot', { body: 'old' }, { body: 'new' });
    for (const replica of replicas) expect(await ask(replica, 'snapshot')).toBe('old');
    await store.command('SAVE');
    await invalidate(replicas[0]!, 'snapshot/key');
    await until(async () => !(await ofAll('snapshot/held')).includes('old'));
    await store.restart();
    await until(async () => (await states()).every(({ status }) => status === 'up'));
    expect(Number(await store.command('DBSIZE'))).toBeGreaterThan(0);
    expect(new Set(await ofAll('snapshot'))).toEqual(new Set(['new']));
    expect(backend.calls('snapshot')).toBe(2);
  });
});
