import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');
const named = { name: 'prices' };

describe('a process that starts while the store has lost the epochs', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
  });

  const LOSSES = [
    ['by eviction', () => cluster.redis.del('bw1:epochs', 'bw1:e:', 'bw1:e:prices')],
    ['by a flush', () => cluster.redis.flush()],
  ] as const;

  describe.each(LOSSES)('%s', (_, lose) => {
    it('purges nothing, and makes nobody lose what it leads', async () => {
      const lease = await a.lead('k', named);
      await b.leases.peek({ key: 'k', ...named });
      lose();
      await cluster.join();
      await cluster.pass(1_000);
      expect([a.heard, b.heard]).toEqual([[], []]);
      expect(lease.lost).toBe(false);
      expect(await lease.publish(answer, DAY)).toBe(lease.token);
    });

    it('waits for whoever leads, also if it asks for the very first thing', async () => {
      const lease = await a.lead('k', named);
      lose();
      const late = await cluster.join();
      const waiting = late.claim('k', named);
      await cluster.pass(1_000);
      expect(waiting.claim).toBeUndefined();
      await lease.publish(answer, DAY);
      await cluster.pass(1_000);
      expect(payloadOf(waiting.claim)).toBe('answer');
    });

    it('learns what was purged', async () => {
      await a.leases.peek({ key: 'k', ...named });
      await b.leases.invalidateName('prices');
      const lease = await a.lead('k', named);
      await lease.publish(answer, DAY);
      lose();
      const late = await cluster.join();
      await cluster.settle();
      const held = { key: 'k', ...named, payload: answer, token: 1, ageMs: 0, tags: [], ...DAY };
      await a.leases.offer(held);
      expect((await late.leases.peek({ key: 'k', ...named }))?.payload?.toString()).toBe('answer');
    });

    it('begins them when none of those who know answers, without purging what they hold', async () => {
      await a.leases.peek({ key: 'k' });
      // They are frozen: what they are told, they will hear.
      a.store.stepped = b.store.stepped = true;
      lose();
      const late = await cluster.join();
      const claim = late.claim('l');
      await cluster.pass(499);
      expect(claim.claim).toBeUndefined();
      await cluster.pass(10);
      const lease = leaseOf(claim.claim);
      for (const node of [a, b]) {
        node.store.stepped = false;
        while (node.store.unheard > 0) node.store.hear();
      }
      await cluster.pass(100);
      expect([a.heard, b.heard]).toEqual([[], []]);
      await lease.publish(answer, DAY);
      const waiting = a.claim('l');
      await cluster.settle();
      expect(payloadOf(waiting.claim)).toBe('answer');
    });
  });

  it('does not begin them while those who know are on their way back to an empty store', async () => {
    const lease = await a.lead('k', named);
    for (const node of [a, b]) {
      node.store.disconnect();
      node.store.loseBus();
    }
    cluster.redis.flush();
    const late = await cluster.join();
    const waiting = late.claim('k', named);
    await cluster.pass(250);
    for (const node of [a, b]) {
      node.store.restoreBus();
      node.store.reconnect();
      await cluster.pass(10);
    }
    await cluster.pass(1_000);
    expect(a.heard).toEqual([{ kind: 'gap' }]);
    expect(waiting.claim).toBeUndefined();
    expect(await lease.publish(answer, DAY)).toBe(lease.token);
    await cluster.settle();
    expect(payloadOf(waiting.claim)).toBe('answer');
  });

  it('counts as age what it waited for them before it put a value there', async () => {
    await a.leases.peek({ key: 'k' });
    a.store.die();
    b.store.die();
    cluster.redis.flush();
    const late = await cluster.join();
    const put = late.leases.put({ key: 'k' }, answer, { ...DAY, ageMs: 200 });
    await cluster.pass(600);
    expect(await put).toBeDefined();
    expect((await late.leases.peek({ key: 'k' }))?.ageMs).toBeGreaterThanOrEqual(700);
  });

  it('finds what others keep alive: a store that evicts what is idle is reminded', async () => {
    cluster.redis.del('bw1:epochs');
    await cluster.pass(30_000, 1_000);
    expect(cluster.redis.get('bw1:epochs')).toBeDefined();
    a.leases.close();
    b.leases.close();
    cluster.redis.del('bw1:epochs');
    await cluster.pass(60_000, 1_000);
    expect(cluster.redis.get('bw1:epochs')).toBeUndefined();
  });

  it('purges after a gap what may have been purged in it', async () => {
    await b.leases.peek({ key: 'k' });
    b.store.loseBus();
    await a.leases.invalidateAll();
    await a.leases.invalidateName('prices');
    b.store.restoreBus();
    await cluster.settle();
    expect(b.heard).toMatchObject([
      { kind: 'gap' },
      { kind: 'all' },
      { kind: 'name', name: 'prices' },
    ]);
  });
});
