import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LeaseNode } from '../testing/lease-node.js';
import { RedisServer } from '../testing/redis-server.js';

// A busy machine is no failure.
jest.setTimeout(180_000);

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
const answer = Buffer.from('answer');
const named = { name: 'prices' };

describe('a process that starts beside real ones', () => {
  const ends: (() => Promise<unknown>)[] = [];
  async function keep<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
    const started = await starting;
    ends.push(() => started.stop());
    return started;
  }
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it.each(['FLUSHALL', 'an eviction'])('waits for their call after %s', async (how) => {
    const server = await keep(RedisServer.start());
    const a = await keep(LeaseNode.start(server.port));
    const heard: string[] = [];
    a.leases.onInvalidation(({ kind }) => {
      // Its own subscription may only just have begun.
      if (kind !== 'gap') heard.push(kind);
    });
    const lease = await a.lead('k', named);
    await server.command(
      ...(how === 'FLUSHALL' ? ['FLUSHALL'] : ['DEL', 'bw1:epochs', 'bw1:e:', 'bw1:e:prices']),
    );
    const late = await keep(LeaseNode.start(server.port));
    const waiting = late.claim('k', named);
    while (late.leases.counters().waits === 0 && late.leases.counters().leads === 0) {
      await new Promise(setImmediate);
    }
    expect(await lease.publish(answer, DAY)).toBe(lease.token);
    expect(await waiting).toMatchObject({ kind: 'value', value: { payload: answer } });
    expect(heard).toEqual([]);
  });
});
