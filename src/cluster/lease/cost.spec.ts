import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisServer } from '../testing/redis-server.js';
import { testScript } from '../testing/test-script.js';

// A busy machine is no failure.
jest.setTimeout(180_000);

const ROUNDS = 300;
const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
/** The least that a round trip does: what everything is compared to, in the same run. */
const NOTHING = testScript('return 1');

let server: RedisServer;
let a: LeaseNode;
let b: LeaseNode;

const median = (times: readonly number[]) =>
  times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)] ?? NaN;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

beforeAll(async () => {
  server = await RedisServer.start();
  [a, b] = [await LeaseNode.start(server.port), await LeaseNode.start(server.port)];
}, 180_000);

afterAll(async () => {
  await a.stop();
  await b.stop();
  await server.stop();
});

describe('the cost of a lease', () => {
  it('is at most five round trips for the process that leads', async () => {
    const [trips, leads]: [number[], number[]] = [[], []];
    for (let i = 0; i < ROUNDS; i++) {
      trips.push(await timed(() => a.store.run(NOTHING, ['k'], [])));
      leads.push(await timed(() => a.lead(`led ${i}`)));
    }
    expect(median(leads)).toBeLessThanOrEqual(5 * median(trips));
  });

  it('is a few milliseconds from the end of a flight to those who wait elsewhere', async () => {
    const [trips, wakes]: [number[], number[]] = [[], []];
    for (let i = 0; i < ROUNDS; i++) {
      trips.push(await timed(() => a.store.run(NOTHING, ['k'], [])));
      const lease = await a.lead(`waited for ${i}`);
      const { waits } = b.leases.counters();
      const waiting = b.claim(`waited for ${i}`);
      while (b.leases.counters().waits === waits) await new Promise(setImmediate);
      void lease.publish(Buffer.alloc(2_000), DAY);
      wakes.push(await timed(() => waiting));
    }
    // The result to the store, its message, the claim and its answer; a poll would take a second.
    expect(median(wakes)).toBeLessThanOrEqual(Math.max(3, 20 * median(trips)));
  });
});
