import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';
import { StoreCommandError, StoreUnavailableError } from './store.error.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');

describe('a claim', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
    await Promise.all([a, b].map((node) => node.leases.peek({ key: 'other', name: 'prices' })));
  });

  const stored = (ending: string) => cluster.redis.names.filter((name) => name.endsWith(ending));
  const ran = (node: FakeNode, what: string) =>
    node.store.ran.filter((name) => name === what).length;

  it('takes no value that is damaged, and leads beyond it', async () => {
    const lease = await a.lead();
    await lease.publish(answer, DAY);
    const frame = cluster.redis.find(':v2');
    frame?.writeUInt8(frame.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
    const claim = b.claim();
    await cluster.settle();
    expect(leaseOf(claim.claim).token).toBeGreaterThan(lease.token);
  });

  it('takes nothing as old as it said it must not be, nor waits for whoever fetches that', async () => {
    const lease = await a.lead();
    const other = b.claim('k', { after: lease.token });
    await cluster.settle();
    const next = leaseOf(other.claim);
    expect(next.token).toBeGreaterThan(lease.token);
    await next.publish(answer, DAY);
    const [before, beyond] = [next.token - 1, next.token].map((after) => a.claim('k', { after }));
    await cluster.settle();
    expect(payloadOf(before?.claim)).toBe('answer');
    expect(beyond?.claim?.kind).toBe('lead');
  });

  it('is told by its token alone that what it has is the newest', async () => {
    const lease = await a.lead();
    await lease.publish(answer, DAY);
    const claim = b.claim('k', { haveToken: lease.token });
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'value', value: { token: lease.token } });
    expect(payloadOf(claim.claim)).toBeUndefined();
  });

  it('goes alone at once where answers are not shared, with the stale value that there is', async () => {
    await (await a.lead()).publish(answer, { freshMs: 0, keepMs: 60_000 });
    await (await a.lead()).release('unshareable');
    const claim = b.claim();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'alone', reason: 'unshareable' });
    expect(claim.claim?.kind === 'alone' && claim.claim.stale?.payload).toEqual(answer);
    expect(b.leases.counters().degraded.unshareable).toBe(1);
  });

  it('leaves a fence for twice the time that its flight may take, if that is long', async () => {
    await a.lead('k', { flightTimeoutMs: 50_000 });
    expect(cluster.redis.pttl(stored(':f')[0] ?? '')).toBe(100_000);
    await a.lead('l', { flightTimeoutMs: 10 });
    expect(cluster.redis.pttl(stored(':f')[1] ?? '')).toBe(60_000);
  });

  it('that was cancelled before an answer came asks on until it can give back what it got', async () => {
    b.store.stepped = true;
    const leaving = new AbortController();
    const left = b.claim('k', { signal: leaving.signal });
    await cluster.settle();
    b.store.disconnect('the connection was lost', 'answers');
    leaving.abort(new Error('enough'));
    await cluster.pass(100);
    expect(left.error).toEqual(new Error('enough'));
    expect(stored(':l')).toHaveLength(1);
    b.store.stepped = false;
    b.store.reconnect();
    await cluster.pass(50);
    expect(stored(':l')).toEqual([]);
    expect(b.leases.counters()).toMatchObject({ claiming: 0, leading: 0 });
  });

  it('that was cancelled asks on without taking anything over', async () => {
    const { run } = b.store;
    const looked = ran(b, 'claim');
    b.store.run = () => Promise.reject(new StoreUnavailableError('too many commands'));
    const leaving = new AbortController();
    b.claim('k', { signal: leaving.signal });
    await cluster.settle();
    leaving.abort(new Error('enough'));
    b.store.run = run;
    await cluster.pass(100);
    expect(ran(b, 'claim')).toBe(1 + looked);
    expect(b.leases.counters()).toMatchObject({ claiming: 0, leads: 0 });
  });

  it('that was cancelled before its key had a name asks nothing', async () => {
    const late = await cluster.join();
    late.store.stepped = true;
    late.store.loseBus();
    const leaving = new AbortController();
    late.claim('k', { signal: leaving.signal });
    await cluster.settle();
    leaving.abort(new Error('enough'));
    while (late.store.onTheWay.length + late.store.answers > 0) {
      late.store.deliver();
      late.store.answer();
      await cluster.settle();
    }
    expect(ran(late, 'claim')).toBe(0);
    expect(late.leases.counters().claiming).toBe(0);
  });

  it('looks again at once where messages may have been missed while it asked', async () => {
    const lease = await a.lead();
    b.store.stepped = true;
    const other = b.claim();
    b.store.deliver();
    b.store.loseBus();
    await lease.publish(answer, DAY);
    b.store.restoreBus();
    b.store.stepped = false;
    while (b.store.onTheWay.length + b.store.answers > 0) {
      b.store.answer();
      b.store.deliver();
      await cluster.settle();
    }
    await cluster.settle();
    expect(payloadOf(other.claim)).toBe('answer');
    expect(b.leases.counters().pollFallbacks).toBe(0);
  });

  it('gives no chance to a leader that is dead, where the store has forgotten its flight', async () => {
    await a.lead();
    const other = b.claim();
    await cluster.settle();
    cluster.redis.del(...stored(':l'), ...stored(':f'));
    a.store.die();
    await cluster.pass(520);
    expect(other.claim?.kind).toBe('lead');
  });

  it('that was cancelled while the store is away, with nothing to give back, is over', async () => {
    b.store.disconnect();
    const leaving = new AbortController();
    b.claim('k', { signal: leaving.signal });
    await cluster.settle();
    expect(b.leases.counters().claiming).toBe(1);
    leaving.abort(new Error('enough'));
    await cluster.settle();
    expect(b.leases.counters().claiming).toBe(0);
  });

  it('that was renamed by a purge gives back what it may have got under the old name', async () => {
    b.store.stepped = true;
    const claim = b.claim('k', { name: 'prices' });
    await cluster.settle();
    b.store.disconnect('the connection was lost', 'answers');
    b.store.stepped = false;
    const [before] = stored(':l');
    await a.leases.invalidateName('prices');
    await cluster.pass(50);
    b.store.reconnect();
    await cluster.pass(600);
    expect(claim.claim?.kind).toBe('lead');
    expect(stored(':l')).toHaveLength(1);
    expect(stored(':l')).not.toContain(before);
  });

  it('that was renamed by a purge and cancelled asks no more', async () => {
    b.store.stepped = true;
    const leaving = new AbortController();
    const before = ran(b, 'claim');
    b.claim('k', { name: 'prices', signal: leaving.signal });
    await cluster.settle();
    b.store.disconnect('the connection was lost', 'answers');
    b.store.stepped = false;
    await a.leases.invalidateName('prices');
    leaving.abort(new Error('enough'));
    await cluster.settle();
    b.store.reconnect();
    await cluster.pass(600);
    // The one whose answer was lost, and the one that gives back what it got.
    expect(ran(b, 'claim')).toBe(before + 2);
    expect(stored(':l')).toEqual([]);
    expect(b.leases.counters().claiming).toBe(0);
  });

  it('gets what the store has just said, though the process ends in that moment', async () => {
    await (await a.lead()).publish(answer, DAY);
    b.store.stepped = true;
    const claim = b.claim();
    await cluster.settle();
    b.store.deliver();
    b.leases.close();
    b.store.answer();
    await cluster.settle();
    expect(payloadOf(claim.claim)).toBe('answer');
  });

  it('counts as one without a store where that answers nonsense', async () => {
    b.store.run = () => Promise.resolve(42);
    const claim = b.claim();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'alone', reason: 'store-down' });
    expect(b.leases.counters().degraded['store-down']).toBe(1);
  });

  it('ends with the process, though it may have got something', async () => {
    b.store.stepped = true;
    const claim = b.claim();
    await cluster.settle();
    b.store.disconnect('the connection was lost', 'answers');
    await cluster.settle();
    b.leases.close();
    await cluster.settle();
    expect(claim.claim).toMatchObject({ kind: 'alone', reason: 'draining' });
  });

  it('asks a store again that is there and too busy, now and then, and no longer than one that is lost', async () => {
    let asked = 0;
    b.store.run = () => {
      asked++;
      return Promise.reject(new StoreUnavailableError('too many commands'));
    };
    const claim = b.claim();
    await cluster.pass(290);
    expect(claim.claim).toBeUndefined();
    expect(asked).toBeGreaterThanOrEqual(10);
    expect(asked).toBeLessThanOrEqual(16);
    await cluster.pass(30);
    expect(claim.claim).toMatchObject({ kind: 'alone', reason: 'store-down' });
  });

  it('has a new budget of patience once the store has answered', async () => {
    await a.lead();
    const claim = b.claim();
    await cluster.settle();
    for (let outage = 0; outage < 3; outage++) {
      b.store.disconnect();
      await cluster.pass(1_000);
      b.store.reconnect();
      await cluster.pass(20);
    }
    expect(claim.claim).toBeUndefined();
  });

  it('has its leader looked at for as long as it waits, and no longer', async () => {
    const lease = await a.lead();
    b.claim();
    await cluster.pass(600);
    const looks = ran(b, 'subscribers');
    expect(looks).toBeGreaterThanOrEqual(2);
    await lease.publish(answer, DAY);
    await cluster.pass(2_000);
    expect(ran(b, 'subscribers') - looks).toBeLessThanOrEqual(1);
  });

  it('counts no takeover where the leader gave the key up', async () => {
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    await lease.release('gave-up');
    await cluster.settle();
    expect(other.claim?.kind).toBe('lead');
    expect(b.leases.counters().takeovers).toEqual({ dead: 0, lease: 0 });
  });

  it('waits once, however often it looks', async () => {
    await a.lead();
    b.claim();
    await cluster.pass(3_500);
    expect(b.leases.counters()).toMatchObject({ waits: 1, pollFallbacks: 3 });
  });

  it('is not counted as polling while the store is away, or nobody may take over', async () => {
    b.store.disconnect();
    b.claim();
    await cluster.pass(100);
    b.store.reconnect();
    await cluster.pass(600);
    expect(b.leases.counters()).toMatchObject({ leads: 1, pollFallbacks: 0 });
  });
});

describe('what a store has against the end of a lease', () => {
  it('is nobody’s trouble: the lease ends by itself', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    const lease = await a.lead();
    a.store.run = () => Promise.reject(new StoreCommandError('NOPERM', 'NOPERM no'));
    await expect(lease.release('gave-up')).resolves.toBeUndefined();
    expect(a.leases.counters()).toMatchObject({ leading: 0, unshared: 0 });
  });

  it('sends those who wait off side by side, also where it comes with a late delivery', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const lease = await a.lead();
    const other = b.claim();
    await cluster.settle();
    a.store.disconnect();
    const published = lease.publish(answer, DAY);
    await cluster.pass(100);
    cluster.redis.full = true;
    a.store.reconnect();
    await cluster.settle();
    expect(await published).toBeUndefined();
    expect(other.claim).toMatchObject({ kind: 'alone', reason: 'unshareable' });
    expect(a.leases.counters()).toMatchObject({ unshared: 1, outboxSize: 0, outboxDropped: 0 });
  });

  it('keeps a tagged value from being used while its tags cannot be looked up', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    await a.leases.put({ key: 'k' }, answer, { ...DAY, tags: ['t'] });
    expect(await a.leases.peek({ key: 'k' })).toBeDefined();
    a.store.loseBus();
    const { run } = a.store;
    a.store.run = (script, keys, args) =>
      script.name === 'tag-fence'
        ? Promise.reject(new StoreCommandError('NOPERM', 'NOPERM no'))
        : run.call(a.store, script, keys, args);
    expect(await a.leases.peek({ key: 'k' })).toBeUndefined();
  });
});

describe('forgetting a flight', () => {
  it('fences it, and says that the store took that', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const lease = await a.lead('flight:k');
    expect(await b.leases.forget('flight:k')).toBe(true);
    await cluster.settle();
    expect(lease.lost).toBe(true);
  });
});
