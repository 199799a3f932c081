import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');

describe('waiting for a leader', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
  });

  it('costs two commands a process, however long the backend takes up to a second', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.pass(900);
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    const ofKey = (name: string) => name === 'claim' || name === 'publish';
    expect(a.store.ran.filter(ofKey)).toEqual(['claim', 'publish']);
    expect(b.store.ran.filter(ofKey)).toEqual(['claim', 'claim']);
  });

  it('gets what says itself how long it is fresh, whatever the claimant takes for fresh', async () => {
    const aged = { ...DAY, ageMs: 30_000 };
    const wish = { freshMs: 10_000, acceptStale: true };
    await (await a.lead('cut')).publish(answer, aged);
    await (await a.lead('own')).publish(answer, { ...aged, uncut: true });
    await a.leases.put({ key: 'put' }, answer, { ...aged, uncut: true });
    const offer = { ...aged, uncut: true, token: 1, tags: [], payload: answer };
    expect(await a.leases.offer({ ...offer, key: 'offered' })).toBeGreaterThan(1);
    const claims = ['cut', 'own', 'put', 'offered'].map((key) => b.claim(key, wish));
    await cluster.settle();
    expect(claims.map(({ claim }) => claim?.kind === 'value' && claim.fresh)).toEqual([
      ...[false, true, true, true],
    ]);
  });

  it('misses no message that overtakes the answer that there is somebody to wait for', async () => {
    const lease = await a.lead();
    b.store.stepped = true;
    const other = b.claim();
    await cluster.settle();
    while (b.store.onTheWay[0] === 'epoch') {
      b.store.deliver();
      b.store.answer();
      await cluster.settle();
    }
    b.store.deliver();
    await lease.publish(answer, DAY);
    b.store.hear();
    b.store.stepped = false;
    b.store.answer();
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    expect(b.leases.counters().pollFallbacks).toBe(0);
  });

  it('misses no end of what cannot be shared that overtakes the answer', async () => {
    const lease = await a.lead('k', { flightTimeoutMs: 1_000 });
    await b.leases.peek({ key: 'k' });
    b.store.stepped = true;
    const other = b.claim();
    b.store.deliver();
    await lease.release('unshareable', 1);
    b.store.hear();
    await cluster.pass(10);
    b.store.answer();
    await cluster.settle();
    expect(other.claim).toMatchObject({ kind: 'alone', reason: 'unshareable' });
    expect(b.store.onTheWay).toEqual([]);
  });

  it('is not woken by the late message of an earlier flight', async () => {
    const lease = await a.lead();
    b.claim();
    await cluster.settle();
    const claims = b.store.ran.length;
    cluster.redis.publish('bw1:bus', `x ${lease.token - 1} ${hashOf(cluster)}`);
    await cluster.settle();
    expect(b.store.ran).toHaveLength(claims);
  });

  it('ends within a second of a result whose message was lost', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    b.store.stepped = true;
    await lease.publish(answer, DAY);
    b.store.stepped = false;
    await cluster.pass(1_060);
    expect(payloadOf(other.claim)).toBe('answer');
    expect(b.leases.counters().pollFallbacks).toBe(1);
  });

  it('looks again as soon as messages arrive again', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    b.store.loseBus();
    await lease.publish(answer, DAY);
    b.store.restoreBus();
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    expect(b.leases.counters()).toMatchObject({ pollFallbacks: 0, busResubscribes: 1 });
  });

  it('is left at once by who is no longer waited for, and nobody else notices', async () => {
    const lease = await a.lead();
    const leaving = new AbortController();
    const left = b.claim('k', { signal: leaving.signal });
    const staying = b.claim();
    await cluster.settle();
    leaving.abort(new Error('enough'));
    await cluster.settle();
    expect(left.error).toEqual(new Error('enough'));
    await lease.publish(answer, DAY);
    await cluster.settle();
    expect(payloadOf(staying.claim)).toBe('answer');
    expect(b.leases.counters().claiming).toBe(0);
  });

  it('gives back a lead that is granted to who has left meanwhile', async () => {
    b.store.stepped = true;
    const leaving = new AbortController();
    const left = b.claim('k', { signal: leaving.signal });
    await cluster.settle();
    leaving.abort(new Error('enough'));
    await cluster.settle();
    expect(left.error).toEqual(new Error('enough'));
    b.store.stepped = false;
    while (b.store.onTheWay.length + b.store.answers > 0) {
      b.store.deliver();
      b.store.answer();
      await cluster.settle();
    }
    expect((await a.lead()).lost).toBe(false);
    expect(b.leases.counters()).toMatchObject({ claiming: 0, leading: 0 });
  });

  it('rejects at once for a caller who had left before', async () => {
    const left = b.claim('k', { signal: AbortSignal.abort(new Error('gone')) });
    await cluster.settle();
    expect(left.error).toEqual(new Error('gone'));
    expect(b.store.ran).not.toContain('claim');
  });

  it('shows a stale value at once to who accepts it, and leaves its renewal to a leader', async () => {
    await (await a.lead()).publish(answer, { freshMs: 0, keepMs: 60_000 });
    const renewal = await a.lead();
    const other = b.claim('k', { acceptStale: true });
    await cluster.settle();
    expect(other.claim).toMatchObject({ kind: 'value', fresh: false });
    await renewal.publish(Buffer.from('new'), DAY);
    const next = b.claim('k', { acceptStale: true });
    await cluster.settle();
    expect(next.claim).toMatchObject({ kind: 'value', fresh: true });
  });

  it('hands a stale value out with an error, for use in its place', async () => {
    await (await a.lead()).publish(answer, { freshMs: 0, keepMs: 60_000 });
    const renewal = await a.lead();
    const other = b.claim();
    await cluster.settle();
    await renewal.settle(Buffer.from('error'));
    await cluster.settle();
    const { claim } = other;
    expect(claim?.kind === 'outcome' && claim.stale?.payload?.toString()).toBe('answer');
  });

  it('shares flights of which nothing is ever kept', async () => {
    const lease = await a.lead('k', { flightOnly: true });
    const other = b.claim('k', { flightOnly: true });
    await cluster.settle();
    await lease.settle(answer);
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    expect((await b.lead('k', { flightOnly: true })).token).toBeGreaterThan(lease.token);
  });

  it('keeps no more claims than it may, and says why to the others', async () => {
    const small = await cluster.join({ maxClaims: 2 });
    await a.lead();
    const claims = [small.claim(), small.claim(), small.claim()];
    await cluster.settle();
    expect(claims[2]?.claim).toMatchObject({ kind: 'alone', reason: 'overloaded' });
    expect(claims[0]?.claim).toBeUndefined();
    expect(small.leases.counters()).toMatchObject({ claiming: 2 });
  });

  it('never is without a timer', async () => {
    await a.lead();
    const before = cluster.clock.pending;
    b.claim();
    await cluster.settle();
    expect(cluster.clock.pending).toBeGreaterThan(before);
  });

  it('ends by taking over a lease that has ended', async () => {
    const blind = { leaseMs: 600, peerWatchMs: 0 };
    const [dying, waiting] = [await cluster.join(blind), await cluster.join(blind)];
    await dying.lead();
    dying.store.die();
    const other = waiting.claim();
    await cluster.pass(590);
    expect(other.claim).toBeUndefined();
    await cluster.pass(100);
    expect(leaseOf(other.claim).lost).toBe(false);
    expect(waiting.leases.counters().takeovers).toEqual({ dead: 0, lease: 1 });
  });
});

/** The hash of the only key that is led. */
function hashOf(cluster: FakeCluster): string {
  const led = cluster.nodes.flatMap((node) => node.events).find((event) => event.type === 'led');
  return led?.type === 'led' ? led.hash : '';
}

describe('a value that a process takes for fresh for less time than others', () => {
  it('is fetched anew by it, once among all that do, and found by all', async () => {
    const cluster = await FakeCluster.start(3);
    const [a, b, c] = cluster.nodes as [FakeNode, FakeNode, FakeNode];
    await (await a.lead()).publish(Buffer.from('old'), { freshMs: 1_000, keepMs: 5_000 });
    await cluster.pass(200);
    const brief = { freshMs: 150 };
    const [own, other, far] = [b.claim('k', brief), c.claim('k', brief), a.claim()];
    await cluster.settle();
    expect([payloadOf(far.claim), other.claim]).toEqual(['old', undefined]);
    await leaseOf(own.claim).publish(Buffer.from('new'), { freshMs: 150, keepMs: 5_000 });
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('new');
    expect((await a.leases.claim({ key: 'k', flightTimeoutMs: 1_000 })).kind).toBe('value');
  });
});
