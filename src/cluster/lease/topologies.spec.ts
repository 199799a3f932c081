import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisCluster } from '../testing/redis-cluster.js';
import { RedisServer } from '../testing/redis-server.js';
import { SlowProxy } from '../testing/slow-proxy.js';

// A busy machine is no failure.
jest.setTimeout(180_000);

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');
const ends: (() => Promise<unknown>)[] = [];

/** Stopped after the test, what was started last first. */
async function keep<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  ends.push(() => started.stop());
  return started;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

const waitsOf = ({ leases }: LeaseNode) => leases.counters().waits;

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('a lease', () => {
  it('of a store that is far away is waited for as any other, by one message', async () => {
    const server = await keep(RedisServer.start());
    const proxy = await keep(SlowProxy.start(() => server.port));
    proxy.delayMs = 50;
    const a = await keep(LeaseNode.start(proxy.port));
    const b = await keep(LeaseNode.start(proxy.port));
    const lease = await a.lead('k');
    const waiting = b.claim('k');
    await until(() => waitsOf(b) === 1);
    void lease.publish(answer, DAY);
    expect(await waiting).toMatchObject({ kind: 'value', value: { payload: answer } });
    // There and back twice: the result and its message, the claim and its answer.
    expect(b.leases.counters().pollFallbacks).toBe(0);
  });

  it('survives a failover to a server that has never seen it', async () => {
    const [old, promoted] = [await keep(RedisServer.start()), await keep(RedisServer.start())];
    let master = old.port;
    const proxy = await keep(SlowProxy.start(() => master));
    const a = await keep(LeaseNode.start(proxy.port));
    const b = await keep(LeaseNode.start(proxy.port));
    const lease = await a.lead('k');
    const waiting = b.claim('k');
    await until(() => waitsOf(b) === 1);
    master = promoted.port;
    proxy.cut();
    await until(() => a.leases.counters().reasserted === 1);
    expect(await lease.publish(answer, DAY)).toBe(lease.token);
    expect(await waiting).toMatchObject({ kind: 'value', value: { payload: answer } });
    expect(b.leases.counters().leads).toBe(0);
  });

  it('is one a key in a Redis Cluster, whichever server a key lies on', async () => {
    const cluster = await keep(RedisCluster.start());
    const a = await keep(LeaseNode.start(cluster.url));
    const b = await keep(LeaseNode.start(cluster.url));
    await until(() => a.leases.peerWatch.isOn && b.leases.peerWatch.isOn);
    const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
    const leases = await Promise.all(keys.map((key) => a.lead(key)));
    const waiting = keys.map((key) => b.claim(key));
    await until(() => waitsOf(b) === keys.length);
    await Promise.all(leases.map((lease) => lease.publish(answer, DAY)));
    for (const claim of await Promise.all(waiting)) {
      expect(claim).toMatchObject({ kind: 'value', value: { payload: answer } });
    }
    const { leads, degraded, pollFallbacks } = b.leases.counters();
    expect([leads, degraded['store-down'], pollFallbacks]).toEqual([0, 0, 0]);

    // Values with tags, names and everything reach every server.
    const tagged = await a.lead('tagged', { name: 'n' });
    await tagged.publish(answer, { ...DAY, tags: ['t'] });
    expect((await b.claim('tagged', { name: 'n' })).kind).toBe('value');
    await a.leases.invalidateTag('t');
    const again = await b.claim('tagged', { name: 'n' });
    expect(again.kind).toBe('lead');
  });

  it('of a process that is gone is taken over in a Redis Cluster, too', async () => {
    const cluster = await keep(RedisCluster.start());
    const a = await LeaseNode.start(cluster.url);
    const b = await keep(LeaseNode.start(cluster.url));
    await until(() => b.leases.peerWatch.isOn);
    await a.lead('k');
    const waiting = b.claim('k');
    await until(() => waitsOf(b) === 1);
    // Its connections are gone, as if it had been killed; the lease of 5 s is not.
    await a.store.close();
    const claim = await waiting;
    expect(claim.kind).toBe('lead');
    expect(b.leases.counters().takeovers).toEqual({ dead: 1, lease: 0 });
    a.leases.close();
  });
});
