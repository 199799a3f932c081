import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');

describe('taking over', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;
  let c: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(3);
    [a, b, c] = cluster.nodes as [FakeNode, FakeNode, FakeNode];
  });

  it('gives the key of a dead process to one of those who wait, within two looks', async () => {
    const first = await a.lead();
    const others = [b.claim(), c.claim()];
    await cluster.settle();
    a.store.die();
    await cluster.pass(510);
    const led = others.filter((other) => other.claim?.kind === 'lead');
    expect(led).toHaveLength(1);
    expect(leaseOf(led[0]?.claim).token).toBeGreaterThan(first.token);
    const takeovers = [b, c].map((node) => node.leases.counters().takeovers.dead);
    expect(takeovers.toSorted()).toEqual([0, 1]);
    await leaseOf(led[0]?.claim).publish(answer, DAY);
    await cluster.settle();
    expect(others.map((other) => payloadOf(other.claim))).toContain('answer');
  });

  it('looks at processes, not at keys', async () => {
    for (let i = 0; i < 20; i++) await a.lead(`k${i}`);
    for (let i = 0; i < 20; i++) b.claim(`k${i}`);
    await cluster.settle();
    const looks = () => b.store.ran.filter((name) => name === 'subscribers').length;
    const before = looks();
    await cluster.pass(500);
    expect(looks() - before).toBe(2);
  });

  it('never believes a single look', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.pass(240);
    a.store.loseBus();
    await cluster.pass(20);
    a.store.restoreBus();
    await cluster.pass(700);
    expect(other.claim).toBeUndefined();
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
  });

  it('believes no look while not even this process itself is seen', async () => {
    await a.lead();
    const other = b.claim();
    await cluster.settle();
    for (const node of [a, b]) node.store.loseBus();
    await cluster.pass(800);
    expect(other.claim).toBeUndefined();
    for (const node of [b, a]) node.store.restoreBus();
    await cluster.pass(800);
    expect(other.claim).toBeUndefined();
  });

  it('gives others time to come back after the bus was away', async () => {
    await a.lead();
    const other = b.claim();
    await cluster.settle();
    for (const node of [a, b]) node.store.loseBus();
    await cluster.pass(100);
    b.store.restoreBus();
    await cluster.pass(700);
    a.store.restoreBus();
    await cluster.pass(500);
    expect(other.claim).toBeUndefined();
  });

  it('is left to the lease where a process cannot even see itself', async () => {
    const subscribers = () => Promise.resolve([0]);
    const blind = await cluster.join();
    blind.store.subscribers = subscribers;
    blind.store.loseBus();
    blind.store.restoreBus();
    await cluster.settle();
    expect(blind.leases.peerWatch.isOn).toBe(false);
    expect(b.leases.peerWatch.isOn).toBe(true);
    await a.lead();
    const other = blind.claim();
    await cluster.settle();
    a.store.die();
    await cluster.pass(2_000);
    expect(other.claim).toBeUndefined();
    await cluster.pass(4_000);
    expect(leaseOf(other.claim)).toBeDefined();
  });

  it('refuses the late result of a leader that was frozen longer than its lease', async () => {
    const frozen = await a.lead();
    a.store.stepped = true;
    const other = b.claim();
    await cluster.pass(5_100);
    const successor = leaseOf(other.claim);
    await successor.publish(answer, DAY);
    const late = frozen.publish(Buffer.from('late'), DAY);
    a.store.stepped = false;
    while (a.store.onTheWay.length + a.store.answers > 0) {
      a.store.deliver();
      a.store.answer();
      await cluster.settle();
    }
    expect(await late).toBeUndefined();
    expect(frozen.lost).toBe(true);
    expect(a.leases.counters().fenced).toBe(1);
    expect((await b.leases.peek({ key: 'k' }))?.token).toBe(successor.token);
  });

  it('tells a slow leader by its heartbeat that it has lost the key', async () => {
    const lease = await a.lead();
    cluster.redis.flush();
    await b.lead();
    await cluster.pass(1_700);
    expect(lease.lost).toBe(true);
    expect(a.leases.counters().lost).toBe(1);
  });

  it('leaves a leader its key for as long as its flight may take, and no longer', async () => {
    await a.lead('k', { flightTimeoutMs: 8_000 });
    const other = b.claim();
    await cluster.pass(9_000);
    expect(other.claim).toBeUndefined();
    await cluster.pass(5_000);
    expect(other.claim?.kind).toBe('lead');
  });

  it('sends no heartbeat for quick calls, also while there are slow ones', async () => {
    await a.lead('slow');
    await cluster.pass(1_600);
    for (let i = 0; i < 10; i++) await a.lead(`quick ${i}`);
    await cluster.pass(100);
    expect(a.store.ran.filter((name) => name === 'extend')).toHaveLength(1);
  });
});
