import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BodyPieces } from './exchange.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are alive, on the heap and beside it. */
async function held(): Promise<number> {
  // What one collection finds, the next has given back for certain.
  for (let least = Infinity, round = 0; ; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    const { heapUsed, external } = process.memoryUsage();
    const now = heapUsed + external;
    if (round > 2 && now >= least) return now;
    least = Math.min(least, now);
  }
}

describe('a body in pieces', () => {
  it('is the same, whatever the pieces are', () => {
    const sizes = fc.array(fc.oneof(fc.nat(3), fc.nat(20_000)), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const pieces = lengths.map((length, i) => Buffer.alloc(length, i + 1));
        const body = new BodyPieces();
        for (const piece of pieces) body.add(piece);
        expect(body.whole().equals(Buffer.concat(pieces))).toBe(true);
        expect(body.length).toBe(Buffer.concat(pieces).length);
      }),
    );
  });

  it.each([1, 3, 100, 5_000, 9_000, 40_000])(
    'of %i bytes each, read into 64 KiB each, holds less than twice what it counts',
    async (size) => {
      const total = Math.min(2 ** 21, 10_000 * size);
      const before = await held();
      const body = new BodyPieces();
      for (let n = 0; n < total; n += size) {
        // Each with memory of its own, which nobody has to fill.
        body.add(Buffer.allocUnsafeSlow(65_536).subarray(7, 7 + size));
      }
      const during = (await held()) - before;
      expect(during).toBeLessThan(2 * body.length + 2 ** 18);
      expect(body.whole().buffer.byteLength).toBe(body.length);
    },
  );

  it('has memory of its own when it is whole', () => {
    for (const size of [1, 500, 4_000, 20_000, 60_000]) {
      const body = new BodyPieces();
      body.add(Buffer.alloc(65_536).subarray(0, size));
      expect(body.whole().buffer.byteLength).toBe(size);
    }
  });
});
