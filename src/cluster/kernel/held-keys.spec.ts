import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

describe('the keys that a process leads', () => {
  let cluster: FakeCluster;
  let a: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a] = cluster.nodes as [FakeNode, FakeNode];
  });

  it('are listed, the oldest first, until their calls have ended', async () => {
    const first = await a.lead('first');
    await cluster.pass(1_000);
    await a.lead('second');
    const held = a.leases.held();
    expect(held.map(({ key }) => key)).toEqual(['first', 'second']);
    expect(held.map(({ name }) => name)).toEqual(['', '']);
    const [older = 0, younger = 0] = held.map(({ heldMs }) => heldMs);
    expect(older - younger).toBeGreaterThanOrEqual(1_000);
    await first.release('gave-up');
    await cluster.settle();
    expect(a.leases.held().map(({ key }) => key)).toEqual(['second']);
  });

  it('are none of a process that leads nothing', () => {
    expect(a.leases.held()).toEqual([]);
  });

  it('are nobody else for a store that does not tell who listens', async () => {
    expect(await a.leases.members()).toEqual([]);
  });
});
