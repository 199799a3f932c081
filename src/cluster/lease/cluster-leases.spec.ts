import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisServer } from '../testing/redis-server.js';
import type { Claim } from '../kernel/index.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };

let server: RedisServer;
let a: LeaseNode;
let b: LeaseNode;
let c: LeaseNode;
let key: string;
let keys = 0;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

beforeEach(async () => {
  key = `key ${++keys}`;
  [a, b, c] = (await Promise.all([1, 2, 3].map(() => LeaseNode.start(server.port)))) as [
    LeaseNode,
    LeaseNode,
    LeaseNode,
  ];
});
afterEach(() => Promise.all([a, b, c].map((node) => node.stop())));

/** Resolves when `node` waits for somebody. */
async function waiting(node: LeaseNode, waits = 1): Promise<void> {
  while (node.leases.counters().waits < waits) await new Promise((next) => setTimeout(next, 1));
}

function payloadOf(claim: Claim): string | undefined {
  if (claim.kind === 'value') return claim.value.payload?.toString();
  return claim.kind === 'outcome' ? claim.payload.toString() : undefined;
}

describe('one leader a key', () => {
  it('gives the lead to one process, and what it publishes to the others', async () => {
    const lease = await a.lead(key);
    const others = [b.claim(key), c.claim(key)];
    await Promise.all([waiting(b), waiting(c)]);

    expect(await lease.publish(Buffer.from('answer'), DAY)).toBe(lease.token);

    const claims = await Promise.all(others);
    expect(claims.map(payloadOf)).toEqual(['answer', 'answer']);
    expect(claims[0]).toMatchObject({ kind: 'value', fresh: true, value: { token: lease.token } });
    expect(b.leases.counters()).toMatchObject({ leads: 0, waits: 1, pollFallbacks: 0 });
  });

  it('shares an outcome that is not to be kept with those who waited, and nobody later', async () => {
    const lease = await a.lead(key);
    const other = b.claim(key);
    await waiting(b);
    await lease.settle(Buffer.from('failure'));
    expect(payloadOf(await other)).toBe('failure');
    expect((await c.claim(key)).kind).toBe('lead');
  });

  it('lets everybody go alone at once, and for a while, after what cannot be shared', async () => {
    const lease = await a.lead(key);
    const other = b.claim(key);
    await waiting(b);
    await lease.release('unshareable');
    expect(await other).toMatchObject({ kind: 'alone', reason: 'unshareable' });
    expect(await c.claim(key)).toMatchObject({ kind: 'alone', reason: 'unshareable' });
  });

  it('hands the key to a waiter when the leader gives up', async () => {
    const lease = await a.lead(key);
    const other = b.claim(key);
    await waiting(b);
    await lease.release('gave-up');
    expect((await other).kind).toBe('lead');
  });
});
