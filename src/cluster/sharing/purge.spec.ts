import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CachingService, LoadOutcome, v8Codec } from '../../caching/index.js';
import { systemClock } from '../../ground/index.js';
import { createCoalescer } from '../../coalescing/index.js';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisServer } from '../testing/redis-server.js';
import { ClusterTier } from './cluster.tier.js';
import { OutcomeCodec } from './outcome-codec.js';
import { plainErrors } from './error-codec.js';

let server: RedisServer;
let namespaces = 0;

beforeAll(async () => {
  server = await RedisServer.start();
}, 180_000);

afterAll(() => server.stop());

/** The caches of a process, and its calls, each of which waits until the test lets it read. */
async function startProcess(namespace: string, port = server.port) {
  const node = await LeaseNode.start(port, { namespace });
  const codec = new OutcomeCodec(v8Codec, plainErrors);
  const caching = new CachingService({
    coalescer: createCoalescer('test'),
    shared: new ClusterTier({ ...node, codec, clock: systemClock }),
    policy: { freshMs: 60_000, staleMs: 120_000, jitter: 0 },
  });
  const calls: ((outcome: unknown) => void)[] = [];
  const ask = (tags?: readonly string[]) =>
    caching.lookUp<unknown>('k', () => new Promise((resolve) => calls.push(resolve)), { tags });
  return { node, caching, calls, ask };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

const KINDS = [
  ['a value', (value: string) => LoadOutcome.keep(value, { tags: ['t'] })],
  ['an uncacheable value', (value: string) => LoadOutcome.uncacheable(value, { tags: ['t'] })],
] as const;

describe.each(KINDS)('a tag of %s on its way that one of two processes invalidates', (_, of) => {
  it.each([
    ['known beforehand', ['t']],
    ['told by the loader', undefined],
  ])('gives it to nobody who asks after that, on either, the tag being %s', async (__, tags) => {
    const namespace = `p${++namespaces}`;
    const [one, other] = [await startProcess(namespace), await startProcess(namespace)];
    const before = one.ask(tags);
    await until(() => one.calls.length === 1);
    const waited = other.ask(tags);
    await until(() => other.node.leases.counters().waits === 1);
    let heard = false;
    one.node.leases.onInvalidation(() => (heard = true));
    await other.caching.invalidateTag('t');
    await until(() => heard);
    const after = [other.ask(tags), one.ask(tags)];
    let left = 3;
    const ended = [...after, waited].map((asked) => asked.finally(() => left--));
    one.calls[0]!(of('old'));
    await until(() => {
      for (const call of [...one.calls.slice(1), ...other.calls]) call(of('new'));
      return left === 0;
    });
    const values = (await Promise.all(ended)).map(({ value }) => value);
    expect(values.slice(0, 2)).toEqual(['new', 'new']);
    expect((await before).value).toBe('old');
    for (const { node } of [one, other]) await node.stop();
  });
});

type How = { readonly soft: boolean };

const WAYS = [
  ['of a key', (caching: CachingService, how?: How) => caching.invalidate('k', how)],
  ['of a tag', (caching: CachingService, how?: How) => caching.invalidateTag('t', how)],
  ['of a cache', (caching: CachingService, how?: How) => caching.cache().clear(how)],
  ['of everything', (caching: CachingService, how?: How) => caching.invalidateAll(how)],
] as const;

describe.each(WAYS)('an invalidation %s', (_, invalidate) => {
  it('by oneself, which nobody waits for, costs no call of what is asked for after it', async () => {
    const { node, caching } = await startProcess(`p${++namespaces}`);
    await caching.get('k', () => LoadOutcome.keep('old', { tags: ['t'] }));
    let calls = 0;
    const load = async () => {
      calls++;
      // The store answers meanwhile, and tells everybody.
      for (let turn = 0; turn < 3; turn++) await node.store.describe();
      return LoadOutcome.keep('new', { tags: ['t'] });
    };
    const taken = invalidate(caching);
    expect(await caching.get('k', load, { tags: ['t'] })).toBe('new');
    expect(await taken).toBe(true);
    await node.store.describe();
    expect(await caching.get('k', load, { tags: ['t'] })).toBe('new');
    expect(calls).toBe(1);
    await node.stop();
  });

  /** Two processes that both hold the value. */
  async function startHolding(port: number) {
    const namespace = `p${++namespaces}`;
    const one = await startProcess(namespace, port);
    const other = await startProcess(namespace, port);
    await one.caching.get('k', () => LoadOutcome.keep('old', { tags: ['t'] }));
    await until(() => one.node.leases.counters().leading === 0);
    expect(await other.caching.get('k', () => 'unused')).toBe('old');
    return [one, other] as const;
  }

  it.each([
    ['hears of it', true],
    ['begins after it', false],
  ])('leaves the value as stale where it is soft, for a process that %s', async (_way, hears) => {
    const [one, other] = await startHolding(server.port);
    expect(await invalidate(one.caching, { soft: true })).toBe(true);
    const reader = hears ? other : await startProcess(`p${namespaces}`);
    if (hears) await until(() => reader.caching.peek('k') === undefined);
    let calls = 0;
    const load = () => LoadOutcome.keep(`new ${++calls}`, { tags: ['t'] });
    const { value, served } = await reader.caching.lookUp<unknown>('k', load);
    expect({ value, served }).toEqual({ value: 'old', served: 'stale' });
    await until(() => reader.caching.peek('k')?.value === 'new 1');
    await until(() => reader.node.leases.counters().leading === 0);
    // What they hold is still stale: the refresh of one is found by all.
    for (const { caching } of [one, other]) {
      await caching.get('k', load);
      await until(() => caching.peek('k')?.value === 'new 1');
    }
    expect(calls).toBe(1);
    for (const { node } of new Set([one, other, reader])) await node.stop();
  });

  it('reaches the others through a store that is full', async () => {
    const [one, other] = await startHolding(server.port);
    await server.configure('maxmemory', 1);
    try {
      expect(await invalidate(one.caching)).toBe(true);
      await until(() => other.caching.peek('k') === undefined);
    } finally {
      await server.configure('maxmemory', 0);
    }
    expect(await other.caching.get('k', () => 'new')).toBe('new');
    for (const { node } of [one, other]) await node.stop();
  });

  it('reaches the others after a store that was away is back', async () => {
    const restarting = await RedisServer.start();
    const [one, other] = await startHolding(restarting.port);
    await restarting.kill();
    await until(() => one.node.store.state !== 'ready');
    expect(await invalidate(one.caching)).toBe(false);
    await restarting.start();
    await until(() => one.node.leases.counters().invalidationsPending === 0);
    await until(() => other.node.store.state === 'ready');
    await until(() => other.caching.peek('k') === undefined);
    // Who finds the store too slow is on its own, and may still use what it has.
    const alone = () =>
      Object.values(other.node.leases.counters().degraded).reduce((sum, each) => sum + each);
    let value: string;
    let before: number;
    do {
      before = alone();
      value = await other.caching.get('k', () => 'new');
    } while (alone() > before);
    expect(value).toBe('new');
    for (const { node } of [one, other]) await node.stop();
    await restarting.stop();
  });
});
