import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CachingService, LoadOutcome, v8Codec } from '../../caching/index.js';
import { tierContract } from '../../testing.js';
import { systemClock } from '../../ground/index.js';
import { createCoalescer } from '../../coalescing/index.js';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisServer } from '../testing/redis-server.js';
import { ClusterTier } from './cluster.tier.js';
import { OutcomeCodec } from './outcome-codec.js';
import { plainErrors } from './error-codec.js';

let server: RedisServer;
let namespaces = 0;

/** A tier of a process of its own. */
async function startTier(namespace: string, port = server.port) {
  const node = await LeaseNode.start(port, { namespace });
  const codec = new OutcomeCodec(v8Codec, plainErrors);
  const tier = new ClusterTier({ ...node, codec, clock: systemClock });
  return { node, tier };
}

/** The caches of a process of its own. */
async function startCaches(namespace: string, freshMs = 60_000) {
  const { node, tier } = await startTier(namespace);
  const caching = new CachingService({
    coalescer: createCoalescer('test'),
    shared: tier,
    policy: { freshMs, staleMs: 120_000, jitter: 0 },
  });
  return { node, caching };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

beforeAll(async () => {
  server = await RedisServer.start();
}, 180_000);

afterAll(() => server.stop());

describe('the tier that a cluster shares', () => {
  const nodes = new Map<unknown, LeaseNode>();
  let breakable: RedisServer;

  beforeAll(async () => {
    breakable = await RedisServer.start();
  }, 180_000);

  afterAll(async () => {
    for (const node of nodes.values()) await node.stop();
    await breakable.stop();
  });

  tierContract(
    'the shared tier',
    {
      makeTier: async () => {
        if (breakable.port === 0) await breakable.start();
        const { node, tier } = await startTier(`c${++namespaces}`, breakable.port);
        nodes.set(tier, node);
        return tier;
      },
      breakTier: async (tier) => {
        await breakable.kill();
        const { store } = nodes.get(tier)!;
        while (store.state === 'ready') await new Promise(setImmediate);
      },
      // Ages are told by the store's clock, in whole milliseconds.
      toleranceMs: 50,
    },
    { describe, it },
  );
});

describe('caches of processes that share a store', () => {
  it('make one call for all, and all have its value with its age', async () => {
    const namespace = `n${++namespaces}`;
    const processes = await Promise.all([1, 2, 3].map(() => startCaches(namespace)));
    let calls = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const asked = processes.flatMap(({ caching }) =>
      [1, 2].map(() =>
        caching.lookUp('k', async () => {
          calls++;
          await held;
          return LoadOutcome.keep({ n: calls }, { tags: ['t'] });
        }),
      ),
    );
    await until(
      () => processes.reduce((sum, { node }) => sum + node.leases.counters().waits, 0) >= 2,
    );
    release();
    const results = await Promise.all(asked);
    expect(results.map(({ value }) => value)).toEqual(Array(6).fill({ n: 1 }));
    expect(calls).toBe(1);

    const [first, second] = processes;
    await first!.caching.invalidateTag('t');
    await until(() => second!.caching.peek('k') === undefined);
    const again = await second!.caching.lookUp('k', () => 'new');
    expect(again).toMatchObject({ value: 'new', served: 'miss' });
    for (const { node } of processes) await node.stop();
  });

  it('leave a value that says itself how long it lives to that, whatever their own policies', async () => {
    const namespace = `n${++namespaces}`;
    const [long, short] = [await startCaches(namespace), await startCaches(namespace, 1)];
    const lifetime = { freshMs: 60_000, staleMs: 0, staleIfErrorMs: 0, keepMs: 60_000 };
    const ageMs = 30_000;
    await long.caching.get('own', () => LoadOutcome.keep('v', { lifetime, ageMs }));
    await long.caching.get('kept', () => LoadOutcome.keep('k', { lifetime, ageMs: 90_000 }));
    await until(() => long.node.leases.counters().outboxSize === 0);
    const found = await short.caching.lookUp('own', () => 'other');
    expect(found).toMatchObject({ value: 'v', served: 'hit', tier: 'shared' });
    const previous = await short.caching.lookUp('kept', (load) => load.previous ?? 'nothing');
    expect(previous).toMatchObject({ value: 'k', served: 'miss' });
    for (const { node } of [long, short]) await node.stop();
  });

  it('refresh once more when the process that refreshes dies, and nobody waits for it', async () => {
    const namespace = `n${++namespaces}`;
    const [one, other] = [await startCaches(namespace, 100), await startCaches(namespace, 100)];
    await one.caching.get('r', () => 'old');
    await until(() => one.node.leases.counters().outboxSize === 0);
    expect(await other.caching.get('r', () => 'other')).toBe('old');
    await until(() => !one.caching.peek('r') && !other.caching.peek('r'));

    let calls = 0;
    const hangs = () => {
      calls++;
      return new Promise<string>(() => undefined);
    };
    expect(await one.caching.lookUp('r', hangs)).toMatchObject({ value: 'old', served: 'stale' });
    await until(() => one.node.leases.counters().leading === 1);
    const answers = () => {
      calls++;
      return 'new';
    };
    const { waits } = other.node.leases.counters();
    expect(await other.caching.lookUp('r', answers)).toMatchObject({
      value: 'old',
      served: 'stale',
    });
    await until(() => other.node.leases.counters().waits > waits);
    // Its connections are gone, as if it had been killed.
    await one.node.store.close();
    await until(() => other.caching.peek('r')?.value === 'new');
    expect(calls).toBe(2);
    one.node.leases.close();
    await other.node.stop();
  });
});
