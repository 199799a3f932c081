import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeCluster, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';
import type { Lease } from './leases.js';

describe('a lead for which nobody waits here any more', () => {
  let cluster: FakeCluster;
  let a: FakeNode;
  let b: FakeNode;
  let lease: Lease;
  let isOver: boolean;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    [a, b] = cluster.nodes as [FakeNode, FakeNode];
    lease = await a.lead();
    isOver = false;
  });

  const ask = (): void => void lease.unawaited().then(() => (isOver = true));
  const publishes = () => a.store.ran.filter((name) => name === 'publish-message').length;

  it('is over soon where nobody waits elsewhere', async () => {
    b.claim('another');
    ask();
    await cluster.pass(90);
    expect(isOver).toBe(false);
    await cluster.pass(20);
    expect(isOver).toBe(true);
  });

  it('goes on for as long as others wait, and asks for that once a second, whoever asks how often', async () => {
    const [patient, other] = [b.claim(), b.claim()];
    await cluster.settle();
    const before = publishes();
    for (let n = 0; n < 5; n++) ask();
    await cluster.pass(5_000);
    expect([isOver, publishes() - before]).toEqual([false, 5]);
    await lease.settle(Buffer.from('answer'));
    await cluster.settle();
    expect([payloadOf(patient.claim), payloadOf(other.claim)]).toEqual(['answer', 'answer']);
    await cluster.pass(2_000);
    expect(isOver).toBe(true);
  });

  it('is over when they have left as well', async () => {
    const leaving = new AbortController();
    b.claim('k', { signal: leaving.signal });
    await cluster.settle();
    ask();
    await cluster.pass(3_000);
    expect(isOver).toBe(false);
    leaving.abort();
    await cluster.pass(1_300);
    expect(isOver).toBe(true);
  });

  it('counts who is about to wait', async () => {
    b.store.stepped = true;
    const asking = b.claim();
    await cluster.settle();
    while (b.store.onTheWay[0] === 'epoch') {
      b.store.deliver();
      b.store.answer();
      await cluster.settle();
    }
    ask();
    await cluster.settle();
    while (b.store.unheard > 0) b.store.hear();
    // Its claim, of which it hears nothing, and what it says.
    while (b.store.onTheWay.length > 0) b.store.deliver();
    await cluster.pass(200);
    expect([isOver, asking.claim]).toEqual([false, undefined]);
  });

  it('is over where nobody can be asked', async () => {
    b.claim();
    await cluster.settle();
    a.store.disconnect();
    ask();
    await cluster.settle();
    expect(isOver).toBe(true);
  });

  it('is over when it has been given to another process', async () => {
    b.claim();
    await cluster.settle();
    ask();
    await cluster.pass(500);
    await b.leases.forget('k');
    await cluster.pass(1_000);
    expect(isOver).toBe(true);
  });
});
