import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyBytes, anyDamage } from '../../ground/testing/hostile-bytes.js';
import { anyText } from '../../ground/testing/hostile-text.js';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';

const DAY = { freshMs: 60_000, keepMs: 86_400_000 };
/** How long the store keeps what nobody has written: as long as a lease, or an outcome. */
const STRANGE_MS = 3_000;

const said = [
  ...['', ':', 'S', 'S1', 'S1:', 'S9999999999999999:x', 'U', 'U1:', '1', '1:', '1:B', '-1:A:n'],
  ...['9999999999999999:A:n', '99999999999999999999999:A:n', '1700000000000001:A:n', 'NaN:A:n'],
  ...['1700000000000009:Z:n', '9999999999999999 \n', 'x \n', ' \n', '1 \n', '1700000000000001'],
].map((text) => Buffer.from(text));
const strange = fc.oneof(anyBytes, fc.constantFrom(...said));

describe('a store whose bytes are damaged', () => {
  it('ends every claim with what was written, or with a call of the backend', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyDamage,
        fc.dictionary(fc.constantFrom('v2', 'l', 'f', 'r'), strange, { noNullPrototype: true }),
        fc.option(strange),
        fc.boolean(),
        async (damage, put, epochs, waits) => {
          const cluster = await FakeCluster.start(2);
          const { redis } = cluster;
          const [a, b] = cluster.nodes as [FakeNode, FakeNode];
          const lease = await a.lead();
          const waiting = waits ? [b.claim()] : [];
          await cluster.settle();
          await lease.publish(Buffer.from('value'), { ...DAY, tags: [] });
          const name = redis.names.find((each) => each.endsWith(':v2')) ?? '';
          redis.set(name, damage(redis.get(name) ?? Buffer.alloc(0)), DAY.keepMs);
          for (const [letter, bytes] of Object.entries(put)) {
            redis.set(name.replace(/v2$/, letter), bytes, STRANGE_MS);
          }
          if (epochs) redis.set('bw1:epochs', epochs, DAY.keepMs);
          const newcomer = await cluster.join();
          const claims = [...waiting, b.claim(), newcomer.claim()];
          // Each that leads ends its flight, which is what the others may be waiting for.
          for (let second = 0; second < 20; second++) {
            await cluster.pass(500, 250);
            for (const { claim } of claims) {
              if (claim?.kind === 'lead') await claim.lease.publish(Buffer.from('value'), DAY);
            }
          }
          for (const { claim, error } of claims) {
            expect(error).toBeUndefined();
            expect(claim).toBeDefined();
            if (claim?.kind === 'value') expect(payloadOf(claim)).toBe('value');
          }
          await cluster.pass(STRANGE_MS, 250);
          expect(await a.leases.invalidateAll()).toBe(true);
          const lead = b.claim();
          await cluster.pass(500);
          await leaseOf(lead.claim).publish(Buffer.from('after'), DAY);
          const seen = newcomer.claim();
          await cluster.settle();
          expect(payloadOf(seen.claim)).toBe('after');
        },
      ),
      { numRuns: 100, endOnFailure: true },
    );
  });
});

describe('a bus on which a stranger speaks', () => {
  const hash = 'h'.repeat(22);
  const message = fc.oneof(
    anyBytes.map((bytes) => bytes.toString('latin1')),
    anyText(),
    fc
      .tuple(
        fc.constantFrom(...'dxuiwhepqtbz'),
        fc.constantFrom('0', '7', '9007199254740991', '9999999999999999', '-1', 'NaN', ''),
        fc.constantFrom('', hash, `${hash} `, `${hash} k`, `${hash} A k`, 'short', ' ', 'cache:%'),
      )
      .map((parts) => parts.join(' ')),
  );

  it('is borne, and afterwards everything works', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 10 }), async (messages) => {
        const cluster = await FakeCluster.start(2);
        const [a, b] = cluster.nodes as [FakeNode, FakeNode];
        const lease = await a.lead();
        const waiting = b.claim();
        for (const text of messages) cluster.redis.publish('bw1:bus', text);
        await cluster.settle();
        expect(await lease.publish(Buffer.from('value'), DAY)).toBeDefined();
        await cluster.pass(1_100, 100);
        expect(payloadOf(waiting.claim)).toBe('value');
        expect(await a.leases.invalidateAll()).toBe(true);
        const next = b.claim();
        await cluster.pass(100);
        expect(next.claim?.kind).toBe('lead');
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});
