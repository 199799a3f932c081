import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CachingService, LoadOutcome, tierContract, v8Codec } from '../../caching/index.js';
import { systemClock } from '../../clock/index.js';
import { createCoalescer } from '../../coalescing/index.js';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisServer } from '../testing/redis-server.js';
import { ClusterTier } from './cluster.tier.js';
import { OutcomeCodec } from './outcome-codec.js';
import { plainErrors } from './plain-errors.js';

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
async function startCaches(namespace: string) {
  const { node, tier } = await startTier(namespace);
  const caching = new CachingService({
    flights: createCoalescer('test'),
    shared: tier,
    policy: { freshMs: 60_000, staleMs: 120_000, jitter: 0 },
  });
  return { node, caching };
}

beforeAll(async () => {
  server = await RedisServer.start();
}, 60_000);

afterAll(() => server.stop());

describe('the tier that a cluster shares', () => {
  const nodes = new Map<unknown, LeaseNode>();
  let breakable: RedisServer;

  beforeAll(async () => {
    breakable = await RedisServer.start();
  }, 60_000);

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
    while (processes.reduce((sum, { node }) => sum + node.leases.counters().waits, 0) < 2) {
      await new Promise(setImmediate);
    }
    release();
    const results = await Promise.all(asked);
    expect(results.map(({ value }) => value)).toEqual(Array(6).fill({ n: 1 }));
    expect(calls).toBe(1);

    const [first, second] = processes;
    await first!.caching.invalidateTag('t');
    while (second!.caching.peek('k')) await new Promise(setImmediate);
    const again = await second!.caching.lookUp('k', () => 'new');
    expect(again).toMatchObject({ value: 'new', served: 'miss' });
    for (const { node } of processes) await node.stop();
  });
});
