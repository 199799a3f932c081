import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const old = Buffer.from('old');
const fresh = Buffer.from('new');

describe('invalidation', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;
  let c: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(3);
    [a, b, c] = cluster.nodes as [FakeNode, FakeNode, FakeNode];
  });

  const named = { name: 'prices' };
  const WAYS = [
    ['of the key', () => c.leases.invalidate('k', 'prices')],
    ['of its tag', () => c.leases.invalidateTag('t')],
    ['of its name', () => c.leases.invalidateName('prices')],
    ['of everything', () => c.leases.invalidateAll()],
  ] as const;

  describe.each(WAYS)('%s', (_, invalidate) => {
    it('drops what is stored', async () => {
      await (await a.lead('k', named)).publish(old, { ...DAY, tags: ['t'] });
      expect(await invalidate()).toBe(true);
      await cluster.settle();
      expect((await b.lead('k', named)).lost).toBe(false);
      expect(await b.leases.peek({ key: 'k', ...named })).toBeUndefined();
    });

    it('refuses what was being fetched, and those who waited get what is fetched after it', async () => {
      const before = await a.lead('k', named);
      const other = b.claim('k', named);
      await cluster.settle();
      await invalidate();
      await cluster.settle();
      expect(await before.publish(old, { ...DAY, tags: ['t'] })).toBeUndefined();
      await cluster.settle();
      const after = leaseOf(other.claim);
      expect(await after.publish(fresh, { ...DAY, tags: ['t'] })).toBe(after.token);
      expect((await c.leases.peek({ key: 'k', ...named }))?.payload?.toString()).toBe('new');
    });

    it('refuses what was being fetched by a process that hears nothing', async () => {
      const before = await a.lead('k', named);
      a.store.loseBus();
      await invalidate();
      expect(await before.publish(old, { ...DAY, tags: ['t'] })).toBeUndefined();
      expect(await a.leases.peek({ key: 'k', ...named })).toBeUndefined();
    });

    it('drops what is stored also for a process that hears nothing', async () => {
      await (await a.lead('k', named)).publish(old, { ...DAY, tags: ['t'] });
      b.store.loseBus();
      await invalidate();
      const claim = b.claim('k', { ...named, acceptStale: true });
      await cluster.settle();
      expect(claim.claim).toMatchObject({ kind: 'lead', stale: undefined });
    });

    it('is told once to each process, the one that asked for it included', async () => {
      await Promise.all([a, b, c].map((node) => node.leases.peek({ key: 'k', ...named })));
      await invalidate();
      await cluster.settle();
      for (const node of [a, b, c]) expect(node.heard).toHaveLength(1);
      expect(c.heard).toMatchObject([{ own: true }]);
      expect(a.heard).toEqual([{ ...c.heard[0], own: false }]);
      expect(b.heard).toEqual(a.heard);
    });

    it('says so where the store did not take it', async () => {
      c.store.disconnect();
      expect(await invalidate()).toBe(false);
    });
  });

  it('wakes those who wait at once', async () => {
    await a.lead();
    const other = b.claim();
    await cluster.settle();
    await c.leases.invalidate('k');
    await cluster.settle();
    expect(other.claim?.kind).toBe('lead');
  });

  it('of another name or tag leaves everything as it is', async () => {
    const lease = await a.lead('k', named);
    const other = b.claim('k', named);
    await cluster.settle();
    await c.leases.invalidateName('rates');
    await c.leases.invalidateTag('u');
    await cluster.settle();
    expect(await lease.publish(old, { ...DAY, tags: ['t'] })).toBe(lease.token);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('old');
    expect(lease.lost).toBe(false);
  });

  it('of a tag takes the value away from who only wants to hear that it is current', async () => {
    const lease = await a.lead();
    await lease.publish(old, { ...DAY, tags: ['t'] });
    await c.leases.invalidateTag('t');
    const claim = b.claim('k', { haveToken: lease.token });
    await cluster.settle();
    expect(claim.claim?.kind).toBe('lead');
  });

  it('of a tag keeps a stale value from being shown in place of an error', async () => {
    await (await a.lead()).publish(old, { freshMs: 0, keepMs: 60_000, tags: ['t'] });
    await c.leases.invalidateTag('t');
    const claim = b.claim();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'lead', stale: undefined });
  });

  it('of a name outlives a store that loses everything', async () => {
    await a.leases.peek({ key: 'k', ...named });
    await c.leases.invalidateName('prices');
    const after = await a.lead('k', named);
    cluster.redis.flush();
    const late = await cluster.join();
    a.store.disconnect();
    a.store.reconnect();
    expect(await after.publish(fresh, DAY)).toBe(after.token);
    await cluster.settle();
    const claim = late.claim('k', named);
    await cluster.pass(600);
    expect(payloadOf(claim.claim)).toBe('new');
  });

  it('costs no command as long as there is none, however many names there are', async () => {
    const before = a.store.ran.length;
    for (let i = 0; i < 5; i++) await a.lead(`k${i}`, { name: `n${i}` });
    expect(a.store.ran.slice(before)).toEqual(Array.from({ length: 5 }, () => 'claim'));
  });

  it.each([
    ['a name', 'prices', { kind: 'name', name: 'prices' }],
    ['everything', '', { kind: 'all' }],
  ])(
    'of %s is told, though the epochs were read before its message came',
    async (_, name, told) => {
      await b.leases.peek({ key: 'k', ...named });
      b.store.stepped = true;
      await a.store.publish('bw1:bus', 'q 0 ');
      b.store.hear();
      expect(b.store.onTheWay).toContain('epochs');
      await (name === '' ? c.leases.invalidateAll() : c.leases.invalidateName(name));
      while (b.store.onTheWay.length > 0) b.store.deliver();
      while (b.store.answers > 0) b.store.answer();
      await cluster.settle();
      while (b.store.unheard > 0) b.store.hear();
      expect(b.heard).toMatchObject([told]);
    },
  );

  it('that may have been missed is told as a gap', async () => {
    a.store.loseBus();
    a.store.restoreBus();
    expect(a.heard).toEqual([{ kind: 'gap' }]);
  });

  it('is not told any more to who stops listening, and a defect of one listener harms no other', async () => {
    const heard: unknown[] = [];
    const leave = a.leases.onInvalidation((invalidation) => heard.push(invalidation));
    b.leases.onInvalidation(() => {
      throw new Error('defect');
    });
    await c.leases.invalidateTag('t');
    leave();
    await c.leases.invalidateTag('t');
    await cluster.settle();
    expect(heard).toHaveLength(1);
    expect(b.heard).toHaveLength(2);
  });
});

describe('values without a flight', () => {
  it('are put ahead of the flight under way, and told to the others alone', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const lease = await a.lead();
    const other = a.claim();
    const token = await b.leases.put({ key: 'k' }, fresh, DAY);
    await cluster.settle();
    expect(token).toBeGreaterThan(lease.token);
    expect(lease.lost).toBe(true);
    expect(payloadOf(other.claim)).toBe('new');
    expect(a.heard).toEqual([{ kind: 'key', key: 'k', token, own: false }]);
    expect(b.heard).toEqual([]);
    expect(await lease.publish(old, DAY)).toBeUndefined();
  });

  it('are given back to a store that has lost them, with the age they have', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const value = { key: 'k', payload: old, token: 5, ageMs: 700, tags: [], ...DAY };
    const token = await a.leases.offer(value);
    expect(await b.leases.peek({ key: 'k' })).toMatchObject({ token, ageMs: 700 });
    expect(await b.leases.offer(value)).toBeUndefined();
    expect(await a.leases.offer({ ...value, key: 'l', ageMs: DAY.keepMs })).toBeUndefined();
  });

  it('are not given back after messages were missed, unless the store has lost everything', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    const value = { payload: old, token: 5, ageMs: 700, tags: ['t'], ...DAY };
    await a.leases.peek({ key: 'k' });
    a.store.loseBus();
    a.store.restoreBus();
    expect(await a.leases.offer({ ...value, key: 'k' })).toBeUndefined();
    a.store.loseBus();
    cluster.redis.flush();
    a.store.restoreBus();
    expect(await a.leases.offer({ ...value, key: 'k' })).toBeDefined();
  });

  it('are not given back against an invalidation of their tag', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    await a.leases.invalidateTag('t');
    const value = { key: 'k', payload: old, token: 5, ageMs: 700, tags: ['t'], ...DAY };
    expect(await a.leases.offer(value)).toBeUndefined();
  });
});
