import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const old = Buffer.from('old');
const fresh = Buffer.from('new');

describe('a flight whose tag is invalidated', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;
  let c: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(3);
    [a, b, c] = cluster.nodes as [FakeNode, FakeNode, FakeNode];
  });

  it('is not waited for any more, by those who wait and by those who come', async () => {
    const before = await a.lead('k', { tags: ['t'] });
    const waited = b.claim('k', { tags: ['t'] });
    await cluster.settle();
    await c.leases.invalidateTag('t');
    const came = a.claim('k', { tags: ['t'] });
    await cluster.settle();
    expect(before.lost).toBe(true);
    const after = leaseOf(waited.claim ?? came.claim);
    expect(await after.publish(fresh, { ...DAY, tags: ['t'] })).toBe(after.token);
    await cluster.settle();
    expect([waited.claim, came.claim].map(payloadOf)).toContain('new');
  });

  it('is not joined on the instance that leads it and has invalidated the tag', async () => {
    const before = await a.lead('k', { tags: ['t'] });
    await a.leases.invalidateTag('t');
    const after = await a.lead('k', { tags: ['t'] });
    expect(after.token).toBeGreaterThan(before.token);
    expect(await after.publish(fresh, { ...DAY, tags: ['t'] })).toBe(after.token);
    await before.settle(old, ['t']);
    expect((await b.leases.peek({ key: 'k' }))?.payload?.toString()).toBe('new');
  });

  it('leaves no outcome, though only its end tells the tag', async () => {
    const before = await a.lead();
    const waited = b.claim();
    await cluster.settle();
    await c.leases.invalidateTag('t');
    await before.settle(old, ['t']);
    await cluster.settle();
    expect(waited.claim?.kind).toBe('lead');
  });

  it('leaves no outcome to those who come after, though its leader hears nothing', async () => {
    a.store.loseBus();
    const before = await a.lead('k', { tags: ['t'] });
    await c.leases.invalidateTag('t');
    const came = b.claim('k', { tags: ['t'] });
    await cluster.settle();
    await before.settle(old, ['t']);
    await cluster.settle();
    expect(came.claim?.kind).toBe('lead');
  });

  it('leaves an outcome that was there before to nobody who asks after', async () => {
    const before = await a.lead();
    b.store.stepped = true;
    const waited = b.claim();
    for (let step = 0; step < 10 && waited.claim === undefined; step++) {
      if (b.store.onTheWay.includes('claim')) break;
      b.store.deliver();
      b.store.answer();
      await cluster.settle();
    }
    b.store.deliver();
    b.store.answer();
    await cluster.settle();
    await before.settle(old, ['t']);
    await c.leases.invalidateTag('t');
    b.store.stepped = false;
    for (let step = 0; step < 10; step++) {
      b.store.hear();
      b.store.deliver();
      b.store.answer();
      await cluster.settle();
    }
    expect(waited.claim?.kind).toBe('lead');
  });

  it('goes on where the tag is another one', async () => {
    const lease = await a.lead('k', { tags: ['t'] });
    const waited = b.claim('k', { tags: ['t'] });
    await cluster.settle();
    await c.leases.invalidateTag('u');
    await lease.settle(old, ['t']);
    await cluster.settle();
    expect(waited.claim).toMatchObject({ kind: 'outcome', payload: old, tags: ['t'] });
  });
});

describe('a lead', () => {
  it('is in doubt once it gave no sign of life for the time of a lease, and not before', async () => {
    const cluster = await FakeCluster.start(2);
    const [a] = cluster.nodes as [FakeNode, FakeNode];
    const lease = await a.lead();
    await cluster.pass(20_000, 100);
    expect(lease.doubtful).toBe(false);
    a.store.stepped = true;
    await cluster.pass(4_000, 100);
    expect(lease.doubtful).toBe(false);
    await cluster.pass(3_000, 100);
    expect([lease.doubtful, lease.lost]).toEqual([true, false]);
  });

  it('is in doubt when it is lost, and while the store is away only then', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const [lost, away] = [await a.lead('k'), await a.lead('l')];
    await b.leases.invalidate('k');
    await cluster.settle();
    a.store.disconnect();
    await cluster.pass(20_000, 100);
    expect([lost.doubtful, away.doubtful]).toEqual([true, false]);
  });
});
