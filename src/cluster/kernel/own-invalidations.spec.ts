import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const WAYS = [
  ['a key', 'invalidate', (node: FakeNode) => node.leases.invalidate('k')],
  ['a tag', 'tag', (node: FakeNode) => node.leases.invalidateTag('t')],
  ['a name', 'epochs', (node: FakeNode) => node.leases.invalidateName('n')],
  ['everything', 'epochs', (node: FakeNode) => node.leases.invalidateAll()],
] as const;

describe.each(WAYS)('an own invalidation of %s', (_, command, invalidate) => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
    a.store.stepped = true;
  });

  const owns = () => a.heard.map((heard) => heard.kind !== 'gap' && heard.own);

  it.each([
    ['before', ['hear', 'answer']],
    ['after', ['answer', 'hear']],
  ] as const)('is told once and as such, its message coming %s its answer', async (__, order) => {
    const taken = invalidate(a);
    await cluster.settle();
    expect(a.store.onTheWay).toEqual([command]);
    a.store.deliver();
    for (const step of order) {
      a.store[step]();
      await cluster.settle();
    }
    expect(await taken).toBe(true);
    expect(owns()).toEqual([true]);
  });

  it('keeps back what others say of the same, until it is known which is which', async () => {
    const taken = invalidate(a);
    await cluster.settle();
    await invalidate(b);
    a.store.hear();
    await cluster.settle();
    expect(a.heard).toEqual([]);
    a.store.deliver();
    a.store.hear();
    a.store.answer();
    expect(await taken).toBe(true);
    await cluster.settle();
    expect(owns()).toEqual([true, false]);
  });

  it('is told like one of others where its answer is lost, or the store takes it late', async () => {
    const taken = invalidate(a);
    await cluster.settle();
    a.store.deliver();
    a.store.hear();
    a.store.disconnect();
    expect(await taken).toBe(false);
    expect(owns()).toEqual([false]);
    a.store.stepped = false;
    a.store.reconnect();
    await cluster.pass(1_500);
    expect(a.leases.counters().invalidationsPending).toBe(0);
    expect(owns()).not.toContain(true);
    expect(owns().length).toBeGreaterThan(1);
  });
});

describe('an own invalidation', () => {
  it('lets others be told of at once, and its own bound as well', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    a.store.stepped = true;
    const taken = a.leases.invalidate('k');
    await b.leases.invalidate('other');
    a.store.hear();
    expect(a.heard).toMatchObject([{ key: 'other', own: false }]);
    for (let i = 0; i < 1_001; i++) await b.leases.invalidate('k');
    while (a.store.unheard > 0) a.store.hear();
    expect(a.heard).toHaveLength(2);
    a.store.deliver();
    a.store.answer();
    await taken;
    expect(a.heard).toHaveLength(1_003);
  });
});
