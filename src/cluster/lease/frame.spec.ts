import { describe, expect, it } from '@jest/globals';
import { FakeCluster, leaseOf, payloadOf } from '../testing/fake-cluster.js';
import type { FakeNode } from '../testing/fake-cluster.js';
import { HEADER_BYTES, decodeFrame, encodeFrame, writeToken } from './frame.js';

const content = { token: 7, freshMs: 1_000, keepMs: 2_000, tags: ['t'] };

describe('a value as it lies in the store', () => {
  it('comes back as it was, also with another token', () => {
    const frame = encodeFrame(Buffer.from('body'), content);
    expect(decodeFrame(frame, 5)).toEqual({ ...content, ageMs: 5, payload: Buffer.from('body') });
    writeToken(frame, 8);
    expect(decodeFrame(frame, 5)).toMatchObject({ token: 8, payload: Buffer.from('body') });
    expect(decodeFrame(frame.subarray(0, -4), 5, 8)).toMatchObject({ token: 8, tags: ['t'] });
  });

  it('says whether a claimant’s own freshness cuts it', () => {
    const frames = [content, { ...content, uncut: false }, { ...content, uncut: true }].map((of) =>
      encodeFrame(Buffer.from('body'), of),
    );
    expect(frames.map((frame) => decodeFrame(frame, 5)?.uncut)).toEqual([
      ...[undefined, undefined, true],
    ]);
    // What the releases before have written has no flags.
    expect(frames.map((frame) => frame.readUInt8(3))).toEqual([0, 0, 1]);
  });

  it('is not taken for one where any byte of it was damaged or is missing', () => {
    const frame = encodeFrame(Buffer.from('body'), content);
    for (let at = 0; at < frame.length; at++) {
      const damaged = Buffer.from(frame);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
      expect(decodeFrame(damaged, 5)).toBeUndefined();
      expect(decodeFrame(frame.subarray(0, at), 5)).toBeUndefined();
    }
    expect(HEADER_BYTES).toBeLessThan(frame.length);
  });

  it.each([
    ['its payload', () => undefined],
    ['its token as well', (frame: Buffer) => writeToken(frame, NaN)],
  ])('is fetched anew, once for all, where %s was damaged', async (_, damage) => {
    const cluster = await FakeCluster.start(2);
    const [a, b] = cluster.nodes as [FakeNode, FakeNode];
    const day = { freshMs: 60_000, keepMs: 86_400_000 };
    await (await a.lead()).publish(Buffer.from('value'), day);
    const stored = cluster.redis.find(':v2')!;
    stored.writeUInt8(stored.readUInt8(stored.length - 1) ^ 1, stored.length - 1);
    damage(stored);
    expect(await b.leases.peek({ key: 'k' })).toBeUndefined();
    const [first, second] = [b.claim(), a.claim()];
    await cluster.settle();
    await leaseOf(first.claim).publish(Buffer.from('again'), day);
    await cluster.settle();
    expect(payloadOf(second.claim)).toBe('again');
  });
});
