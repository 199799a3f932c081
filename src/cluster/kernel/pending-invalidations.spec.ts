import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000, tags: ['t'] };
const old = Buffer.from('old');
const named = { name: 'prices' };

const WAYS = [
  ['of a key', ({ leases }: FakeNode) => leases.invalidate('k', 'prices')],
  ['of a tag', ({ leases }: FakeNode) => leases.invalidateTag('t')],
  ['of a name', ({ leases }: FakeNode) => leases.invalidateName('prices')],
  ['of everything', ({ leases }: FakeNode) => leases.invalidateAll()],
] as const;

describe.each(WAYS)('an invalidation %s', (_, invalidate) => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
    await (await a.lead('k', named)).publish(old, DAY);
  });

  const left = async () => (await b.leases.peek({ key: 'k', ...named }))?.payload?.toString();

  it('that finds the store away is carried out as soon as it is back, and told to the others', async () => {
    a.store.disconnect();
    expect(await invalidate(a)).toBe(false);
    expect(await left()).toBe('old');
    expect(a.leases.counters()).toMatchObject({ invalidationsKept: 1, invalidationsPending: 1 });
    a.store.reconnect();
    await cluster.settle();
    expect(await left()).toBeUndefined();
    expect(b.heard).toHaveLength(1);
    expect(a.leases.counters()).toMatchObject({ invalidationsKept: 1, invalidationsPending: 0 });
  });

  it('whose way to the store is cut is repeated', async () => {
    a.store.stepped = true;
    const taken = invalidate(a);
    await cluster.settle();
    a.store.disconnect();
    a.store.stepped = false;
    expect(await taken).toBe(false);
    a.store.reconnect();
    await cluster.settle();
    expect(await left()).toBeUndefined();
  });

  it('holds in a store that is full', async () => {
    cluster.redis.full = true;
    expect(await invalidate(a)).toBe(true);
    await cluster.settle();
    expect(await left()).toBeUndefined();
    expect(b.heard).toHaveLength(1);
  });

  it('keeps a result from before it out of the store, though both waited for the store', async () => {
    await invalidate(b);
    const before = await a.lead('k', named);
    a.store.disconnect();
    const published = before.publish(old, DAY);
    expect(await invalidate(a)).toBe(false);
    a.store.reconnect();
    await cluster.pass(1_000);
    await published;
    expect(await left()).toBeUndefined();
  });
});

describe('invalidations that the store does not take', () => {
  const SETTINGS = { maxOutboxEntries: 2, maxKeepMs: 100_000 };
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2, SETTINGS);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
  });

  it('are told once, and once more when the store has taken them', async () => {
    a.store.disconnect();
    await a.leases.invalidateTag('t');
    await a.leases.invalidateTag('u');
    await cluster.pass(5_000, 100);
    expect(a.logged).toEqual([expect.stringMatching(/^warn: The store does not take invali/)]);
    a.store.reconnect();
    await cluster.settle();
    expect(a.logged.slice(1)).toEqual(['log: The store has taken all invalidations']);
  });

  it('are repeated while the store is there and refuses them', async () => {
    const { run } = a.store;
    a.store.run = () => Promise.reject(new Error('NOPERM'));
    expect(await a.leases.invalidateTag('t')).toBe(false);
    await cluster.pass(3_000, 100);
    a.store.run = run;
    await cluster.pass(1_100, 100);
    expect(b.heard).toMatchObject([{ kind: 'tag', tag: 't' }]);
  });

  it('are one, however often the same is said', async () => {
    a.store.disconnect();
    for (let i = 0; i < 5; i++) await a.leases.invalidateTag('t');
    expect(a.leases.counters()).toMatchObject({ invalidationsKept: 5, invalidationsPending: 1 });
    a.store.reconnect();
    await cluster.settle();
    expect(b.heard).toHaveLength(1);
  });

  it('become one of everything beyond their bound', async () => {
    a.store.disconnect();
    for (const tag of ['t', 'u', 'v']) await a.leases.invalidateTag(tag);
    expect(a.leases.counters().invalidationsPending).toBe(1);
    a.store.reconnect();
    await cluster.settle();
    expect(b.heard).toMatchObject([{ kind: 'all' }]);
  });

  it('are given up when nothing can be left that they void', async () => {
    a.store.disconnect();
    await a.leases.invalidateTag('t');
    await cluster.pass(101_000, 1_000);
    expect(a.leases.counters().invalidationsPending).toBe(0);
    a.store.reconnect();
    await cluster.settle();
    expect(b.heard).toEqual([]);
  });

  it('are waited for when the process drains, and counted when it ends without them', async () => {
    a.store.disconnect();
    await a.leases.invalidateTag('t');
    let drained = false;
    void a.leases.drain(500).then(() => (drained = true));
    await cluster.pass(400);
    expect(drained).toBe(false);
    await cluster.pass(200);
    expect(drained).toBe(true);
    a.leases.close();
    expect(a.leases.counters()).toMatchObject({ invalidationsLost: 1, invalidationsPending: 0 });
    expect(a.logged.at(-1)).toMatch(/^warn: 1 invalidations end with this process/);
  });

  it('let a drain end as soon as the store has them', async () => {
    a.store.disconnect();
    await a.leases.invalidateTag('t');
    const drained = a.leases.drain(60_000);
    a.store.reconnect();
    await drained;
    expect(a.leases.counters().invalidationsPending).toBe(0);
  });

  it('are not those of flights alone: of them the store knows nothing', async () => {
    a.store.disconnect();
    expect(await a.leases.forget('flight:k')).toBe(false);
    expect(a.leases.counters().invalidationsPending).toBe(0);
  });
});
