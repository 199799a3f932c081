import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const TAGGED = { freshMs: 60_000, keepMs: 86_400_000, tags: ['t', 'u'] };
const answer = Buffer.from('answer');

describe('the fences of tags', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
    await cluster.pass(10);
  });

  const lookUps = () =>
    cluster.nodes.flatMap(({ store }) => store.ran).filter((name) => name === 'tag-fence').length;

  it('cost nothing while all messages are heard: two commands for who leads and who waits', async () => {
    const before = cluster.nodes.map(({ store }) => store.ran.length);
    const lease = await a.lead();
    const waiting = b.claim();
    await cluster.settle();
    await lease.publish(answer, TAGGED);
    await cluster.settle();
    expect(payloadOf(waiting.claim)).toBe('answer');
    const ran = cluster.nodes.map(({ store }, index) => store.ran.slice(before[index]));
    expect(ran).toEqual([
      ['claim', 'publish'],
      ['claim', 'claim'],
    ]);
    expect((await b.leases.peek({ key: 'k' }))?.tags).toEqual(['t', 'u']);
    expect(lookUps()).toBe(0);
  });

  it('hold as they are heard, of this process and of others', async () => {
    const lease = await a.lead();
    await b.leases.invalidateTag('u');
    expect(await lease.publish(answer, TAGGED)).toBeUndefined();
    const next = await a.lead();
    expect(await next.publish(answer, TAGGED)).toBe(next.token);
    await cluster.pass(10);
    await a.leases.invalidateTag('t');
    expect(await b.leases.peek({ key: 'k' })).toBeUndefined();
    expect(leaseOf(await a.leases.claim({ key: 'k', flightTimeoutMs: 1_000 })).lost).toBe(false);
    expect(lookUps()).toBe(0);
  });

  it.each([
    ['while messages are missed', () => b.store.loseBus()],
    [
      'of what is older than the last gap',
      () => {
        b.store.loseBus();
        void a.leases.invalidateTag('t');
        b.store.restoreBus();
      },
    ],
  ])('are looked up %s', async (_, trouble) => {
    const lease = await a.lead();
    await lease.publish(answer, TAGGED);
    trouble();
    await a.leases.invalidateTag('t');
    await cluster.settle();
    expect(await b.leases.peek({ key: 'k' })).toBeUndefined();
    expect(lookUps()).toBe(2);
  });

  it('are looked up by a process that starts after them', async () => {
    const lease = await a.lead();
    await lease.publish(answer, TAGGED);
    await b.leases.invalidateTag('t');
    const late = await cluster.join();
    expect(await late.leases.peek({ key: 'k' })).toBeUndefined();
    expect(lookUps()).toBe(2);
  });

  it('are looked up of what is older than those that were heard and forgotten', async () => {
    const lease = await a.lead();
    await lease.publish(answer, TAGGED);
    await b.leases.invalidateTag('t');
    for (let i = 0; i < 10_000; i++) cluster.redis.publish('bw1:bus', `t ${lease.token + 2} x${i}`);
    expect(await b.leases.peek({ key: 'k' })).toBeUndefined();
    const before = lookUps();
    for (let i = 0; i < 10; i++) {
      cluster.redis.publish('bw1:bus', `t ${lease.token + 1_000_000 + i} y${i}`);
    }
    expect(await b.leases.peek({ key: 'k' })).toBeUndefined();
    expect([before, lookUps()]).toEqual([2, 4]);
  });
});
