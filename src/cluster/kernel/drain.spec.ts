import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');

describe('a process that stops', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
  });

  /** Whether the drain is over. */
  function drain(graceMs: number) {
    const over = { yet: false };
    void a.leases.drain(graceMs).then(() => (over.yet = true));
    return over;
  }

  it('finishes what it leads, and is over as soon as that is stored', async () => {
    const lease = await a.lead();
    const other = b.claim();
    const over = drain(5_000);
    await cluster.pass(1_000);
    expect(over.yet).toBe(false);
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(over.yet).toBe(true);
    expect(payloadOf(other.claim)).toBe('answer');
  });

  it('hands on at once what it cannot finish in time', async () => {
    await a.lead();
    const other = b.claim();
    const over = drain(500);
    await cluster.pass(490);
    expect(other.claim).toBeUndefined();
    await cluster.pass(20);
    expect(over.yet).toBe(true);
    expect(leaseOf(other.claim).lost).toBe(false);
  });

  it('leads nothing more, and still waits for others', async () => {
    const lease = await b.lead('led by another');
    drain(500);
    const waiting = a.claim('led by another');
    const fresh = a.claim('led by nobody');
    await cluster.settle();
    expect(fresh.claim).toMatchObject({ kind: 'alone', reason: 'draining' });
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(waiting.claim)).toBe('answer');
    expect((await b.lead('led by nobody')).lost).toBe(false);
  });

  it('is over at once with nothing to finish', async () => {
    const over = drain(5_000);
    await cluster.settle();
    expect(over.yet).toBe(true);
  });

  it('waits for what is on its way to a store that is away', async () => {
    const lease = await a.lead();
    a.store.disconnect();
    void lease.publish(answer, DAY);
    const over = drain(5_000);
    await cluster.pass(200);
    expect(over.yet).toBe(false);
    a.store.reconnect();
    await cluster.settle();
    expect(over.yet).toBe(true);
  });

  it('lets every claim end, and leaves no timer behind', async () => {
    await b.lead();
    b.leases.close();
    const waiting = a.claim();
    await cluster.settle();
    a.leases.close();
    await cluster.settle();
    expect(waiting.claim).toMatchObject({ kind: 'alone', reason: 'draining' });
    const late = a.claim();
    await cluster.settle();
    expect(late.claim).toMatchObject({ kind: 'alone', reason: 'draining' });
    await cluster.pass(2_000);
    expect(cluster.clock.pending).toBe(0);
  });
});

describe('a lease', () => {
  it('ends once: whatever is said after that counts for nothing', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    const lease = await a.lead();
    expect(await lease.publish(answer, DAY)).toBe(lease.token);
    expect(await lease.publish(Buffer.from('again'), DAY)).toBeUndefined();
    await lease.settle(answer);
    await lease.release('unshareable');
    expect((await a.leases.peek({ key: 'k' }))?.payload?.toString()).toBe('answer');
    expect(a.leases.counters()).toMatchObject({ leads: 1, leading: 0, unshared: 0, fenced: 0 });
  });

  it('keeps nothing that is to be kept for no time', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    expect(await (await a.lead()).publish(answer, { freshMs: 0, keepMs: 0 })).toBeUndefined();
    expect((await a.lead()).lost).toBe(false);
  });

  it('counts the age that a value brings along', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    await (await a.lead()).publish(answer, { freshMs: 500, keepMs: 2_000, ageMs: 400 });
    await cluster.pass(50);
    expect(await a.leases.peek({ key: 'k' })).toMatchObject({ ageMs: 450, freshMs: 500 });
    await cluster.pass(2_000);
    expect(await a.leases.peek({ key: 'k' })).toBeUndefined();
  });
});
