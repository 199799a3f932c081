import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { LeaseCommands } from '../lease/lease-commands.js';
import { FakeCluster } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';
import { FakeRedis } from '../testing/fake-redis.js';
import { FakeStore } from '../testing/fake-store.js';
import { resolveLeaseSettings } from './lease-settings.js';
import { LeaseTelemetry } from './lease-telemetry.js';
import { MAX_PURGED_NAMES, NameEpochs } from './name-epochs.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');

describe('everything has a bound', () => {
  it('names that were purged: beyond their number a purge of a name is one of everything', async () => {
    const clock = new ManualClock();
    const store = new FakeStore(new FakeRedis(clock));
    const changes: string[] = [];
    const settings = resolveLeaseSettings({ graceMs: 0 });
    const commands = new LeaseCommands(store, settings, 'A');
    // What stands before a key in its hash.
    commands.hashOf = (prefix) => prefix;
    const telemetry = new LeaseTelemetry({ hasSubscribers: false, publish: () => undefined });
    const ids = { random: () => 0, newId: () => '' };
    const epochs = new NameEpochs(
      { store: commands, clock, scheduler: clock, settings, telemetry, ...ids },
      {
        changed: (name, change) => changes.push(`${name} ${change}`),
        lost: () => undefined,
      },
    );
    const prefix = (name: string) => epochs.hashOf('', name);
    const known = prefix('a');
    for (let i = 0; i < 20; i++) await Promise.resolve();
    clock.advance(0);
    expect(await known).toMatch(/^\d{16}:0:$/);
    const { redis } = store;
    const lines = Array.from(
      { length: MAX_PURGED_NAMES - 2 },
      (_, i) => `1${'9'.repeat(15)} n${i}\n`,
    );
    redis.set(
      'bw1:epochs',
      Buffer.concat([redis.get('bw1:epochs')!, Buffer.from(lines.join(''))]),
      9e9,
    );
    await epochs.purge('a');
    expect(changes.at(-1)).toBe('a purged');
    expect(await prefix('a')).not.toMatch(/:0:$/);
    await epochs.purge('b');
    expect(changes.at(-1)).toBe(' purged');
    for (const name of ['a', 'b', 'n0']) expect(await prefix(name)).toMatch(/:0:$/);
    expect(redis.get('bw1:epochs')?.toString()).toMatch(/^\d{16} \n$/);
  });

  it('invalidations that are remembered', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    for (let i = 0; i < 1_010; i++) await a.leases.invalidate(`k${i}`);
    expect(a.heard).toHaveLength(1_010);
  });

  it('owners in one look: with more of them, deaths are told later, and told', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const owners = [];
    for (let i = 0; i < 300; i++) owners.push(await cluster.join());
    for (const [i, owner] of owners.entries()) await leadAs(owner, i);
    const waiting = owners.map((_, i) => a.claim(`k${i}`));
    await cluster.settle();
    const last = owners[299];
    last?.store.die();
    await cluster.pass(2_000, 250);
    expect(waiting[299]?.claim?.kind).toBe('lead');
    expect(waiting.filter(({ claim }) => claim)).toHaveLength(1);
    expect(b.leases.counters().leads).toBe(0);
  });

  async function leadAs(owner: FakeNode, i: number): Promise<void> {
    await owner.lead(`k${i}`);
  }
});

describe('without a store', () => {
  it('nothing is found, put or given back, and nothing fails', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    a.store.disconnect();
    expect(await a.leases.peek({ key: 'k' })).toBeUndefined();
    expect(await a.leases.put({ key: 'k' }, answer, DAY)).toBeUndefined();
    const offer = { key: 'k', payload: answer, token: 1, ageMs: 0, tags: [], ...DAY };
    expect(await a.leases.offer(offer)).toBeUndefined();
  });

  it('nothing is put that is too large, or too old to be kept', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    const large = Buffer.alloc(4 * 2 ** 20 + 1);
    expect(await a.leases.put({ key: 'k' }, large, DAY)).toBeUndefined();
    const old = { ...DAY, ageMs: DAY.keepMs };
    expect(await a.leases.put({ key: 'k' }, answer, old)).toBeUndefined();
  });

  it('a tagged value is not found where its tags cannot be looked up', async () => {
    const cluster = await FakeCluster.start(1);
    const [a] = cluster.nodes as [FakeNode];
    await a.leases.put({ key: 'k' }, answer, { ...DAY, tags: ['t'] });
    expect(await a.leases.peek({ key: 'k' })).toMatchObject({ tags: ['t'] });
    await a.leases.invalidateTag('t');
    expect(await a.leases.peek({ key: 'k' })).toBeUndefined();
  });
});

describe('who watches', () => {
  it('is told what happened, and changes nothing by failing', async () => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const lease = await a.lead();
    b.claim();
    await cluster.settle();
    await lease.publish(answer, DAY);
    expect(a.events).toMatchObject([{ type: 'peer-watch', on: true }, { type: 'led' }]);
    expect(b.events[1]).toMatchObject({ type: 'waited', owner: 'A', token: lease.token });
    const telemetry = new LeaseTelemetry({
      hasSubscribers: true,
      publish: () => {
        throw new Error('defect');
      },
    });
    telemetry.led('h', 1);
    expect(
      telemetry.counters({ outboxSize: 0, invalidationsPending: 0, claiming: 0, leading: 0 }).leads,
    ).toBe(1);
  });

  it('costs nothing where nobody does', () => {
    const published: unknown[] = [];
    const telemetry = new LeaseTelemetry({
      hasSubscribers: false,
      publish: (event) => published.push(event),
    });
    telemetry.led('h', 1);
    telemetry.waited('h', 1, 'A');
    telemetry.takenOver('h', 1, 'dead', 'A');
    telemetry.of('fenced', 'h', 1);
    telemetry.degraded('h', 'store-down');
    telemetry.busResubscribed();
    telemetry.peerWatch(true);
    expect(published).toEqual([]);
  });
});
