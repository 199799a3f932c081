import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');
const HUNG = 'it has answered nothing for 300 ms';

describe('a store in trouble', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
    // The epoch of everything is read once.
    await Promise.all([a, b].map((node) => node.leases.peek({ key: 'other' })));
  });

  const all = (what: (node: FakeNode) => void) => [a, b].forEach(what);

  it('that restarts empty costs no second call: leaders assert what they lead', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    all((node) => node.store.disconnect());
    cluster.redis.flush();
    await cluster.pass(100);
    b.store.reconnect();
    await cluster.pass(200);
    a.store.reconnect();
    await cluster.settle();
    // At once, not by a heartbeat, and without having been asked to.
    expect(a.leases.counters().reasserted).toBe(1);
    await cluster.pass(1_000);
    expect(other.claim).toBeUndefined();
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
  });

  it('that is away when the answer comes gets it later: the answer is not lost', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    all((node) => node.store.disconnect());
    cluster.redis.flush();
    const published = lease.publish(answer, { freshMs: 900, keepMs: 5_000 });
    await cluster.pass(600);
    expect(a.leases.counters().outboxSize).toBe(1);
    all((node) => node.store.reconnect());
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    // It has aged meanwhile.
    expect(other.claim?.kind === 'value' && other.claim.value.ageMs).toBe(600);
    expect(await published).toBe(lease.token);
    expect(a.leases.counters().outboxSize).toBe(0);
  });

  it('that is away when a call fails hears of it later, and so do those who wait', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    all((node) => node.store.disconnect());
    cluster.redis.flush();
    void lease.settle(answer);
    await cluster.pass(600);
    all((node) => node.store.reconnect());
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
  });

  it('that stays away too long is not waited for: what waits in the outbox is dropped', async () => {
    const lease = await a.lead();
    a.store.disconnect();
    const published = lease.publish(answer, { freshMs: 10, keepMs: 300 });
    await cluster.pass(500);
    expect(await published).toBeUndefined();
    expect(a.leases.counters()).toMatchObject({ outboxSize: 0, outboxDropped: 1 });
  });

  it('fills no process with what it does not take: the oldest results give way', async () => {
    const small = await cluster.join({ maxOutboxEntries: 2, maxOutboxBytes: 100 });
    const leases = [];
    for (let i = 0; i < 3; i++) leases.push(await small.lead(`k${i}`));
    const large = await small.lead('large');
    small.store.disconnect();
    const published = leases.map((lease) => lease.publish(Buffer.from('1'), DAY));
    await cluster.settle();
    expect(await published[0]).toBeUndefined();
    expect(small.leases.counters()).toMatchObject({ outboxSize: 2, outboxDropped: 1 });
    void large.publish(Buffer.alloc(60), DAY);
    await cluster.settle();
    expect(small.leases.counters()).toMatchObject({ outboxSize: 1, outboxDropped: 3 });
  });

  it('that loses everything in flight without a word costs no second call', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    cluster.redis.flush();
    await cluster.pass(1_100);
    expect(other.claim).toBeUndefined();
    expect(a.leases.counters().reasserted).toBe(1);
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
  });

  it('that loses everything, and its leader with it, costs one heartbeat', async () => {
    await a.lead();
    const other = b.claim();
    await cluster.settle();
    cluster.redis.flush();
    a.leases.close();
    await cluster.pass(1_100);
    expect(other.claim).toBeUndefined();
    await cluster.pass(1_700);
    expect(other.claim?.kind).toBe('lead');
  });

  it('whose answer to a claim is lost leaves no process alone with a lease', async () => {
    b.store.stepped = true;
    const first = b.claim();
    await cluster.settle();
    b.store.disconnect('the connection was lost', 'answers');
    b.store.stepped = false;
    await cluster.pass(100);
    b.store.reconnect();
    await cluster.pass(10);
    const lease = leaseOf(first.claim);
    const other = a.claim();
    await cluster.settle();
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    expect(b.leases.counters().leads).toBe(1);
  });

  it('whose answer to a claim comes too late keeps no lease of it', async () => {
    b.store.stepped = true;
    const first = b.claim();
    await cluster.settle();
    b.store.disconnect(HUNG, 'answers');
    b.store.stepped = false;
    await cluster.settle();
    expect(first.claim).toMatchObject({ kind: 'alone', reason: 'store-down' });
    const other = a.claim();
    await cluster.settle();
    expect(other.claim).toBeUndefined();
    b.store.reconnect();
    await cluster.settle();
    expect(other.claim?.kind).toBe('lead');
  });

  it('sends new requests off alone at once while it hangs', async () => {
    a.store.disconnect(HUNG);
    const claim = a.claim();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'alone', reason: 'store-down' });
  });

  it('is given a moment by new requests when the connection was just lost, and no more', async () => {
    a.store.disconnect();
    const early = a.claim();
    await cluster.pass(290);
    expect(early.claim).toBeUndefined();
    await cluster.pass(20);
    expect(early.claim).toMatchObject({ kind: 'alone', reason: 'store-down' });
    await cluster.pass(2_000);
    const late = a.claim();
    await cluster.settle();
    expect(late.claim).toMatchObject({ kind: 'alone' });
    expect(a.leases.counters().degraded['store-down']).toBe(2);
  });

  it.each([HUNG, 'the connection was lost'])(
    'is given time by those who wait for a leader: %s',
    async (reason) => {
      await a.lead();
      const other = b.claim();
      await cluster.pass(300);
      b.store.disconnect(reason);
      await cluster.pass(1_450);
      expect(other.claim).toBeUndefined();
      await cluster.pass(100);
      expect(other.claim).toMatchObject({ kind: 'alone', reason: 'store-down' });
    },
  );

  it('has nobody take anything over for a while after it came back', async () => {
    a.store.disconnect();
    cluster.redis.flush();
    await cluster.pass(50);
    a.store.reconnect();
    const claim = a.claim();
    await cluster.pass(480);
    expect(claim.claim).toBeUndefined();
    await cluster.pass(40);
    expect(claim.claim?.kind).toBe('lead');
  });

  it('that is full sends claims off alone', async () => {
    cluster.redis.full = true;
    const claim = a.claim();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'alone' });
  });

  it('that is full when the answer comes sends all who wait off at once, side by side', async () => {
    const third = await cluster.join();
    const lease = await a.lead();
    const others = [b.claim(), third.claim()];
    await cluster.settle();
    cluster.redis.full = true;
    expect(await lease.publish(answer, DAY)).toBeUndefined();
    await cluster.settle();
    expect(others.map(({ claim }) => claim?.kind)).toEqual(['alone', 'alone']);
    expect(a.leases.counters().unshared).toBe(1);
  });

  it('is not given what is too large, and all who wait go off at once, side by side', async () => {
    const third = await cluster.join();
    const lease = await a.lead();
    const others = [b.claim(), third.claim()];
    await cluster.settle();
    await lease.publish(Buffer.alloc(4 * 2 ** 20 + 1), DAY);
    await cluster.settle();
    expect(others.map(({ claim }) => claim?.kind)).toEqual(['alone', 'alone']);
    const next = await a.lead('k2');
    await next.settle(Buffer.alloc(4 * 2 ** 20 + 1));
    expect(a.leases.counters().unshared).toBe(2);
  });

  it('that answers nonsense sends claims off alone', async () => {
    a.store.run = () => Promise.resolve(42);
    const claim = a.claim();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'alone' });
  });

  it('that was never there is waited for a moment, and does without any grace', async () => {
    const late = await cluster.join();
    late.store.disconnect();
    const claim = late.claim();
    await cluster.pass(100);
    late.store.reconnect();
    await cluster.pass(600);
    expect(claim.claim?.kind).toBe('lead');
  });
});
