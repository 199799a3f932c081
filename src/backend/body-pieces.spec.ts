import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BodyPieces } from './exchange.js';

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

  it('has memory of its own when it is whole', () => {
    for (const size of [1, 500, 4_000, 20_000, 60_000]) {
      const body = new BodyPieces();
      body.add(Buffer.alloc(65_536).subarray(0, size));
      expect(body.whole().buffer.byteLength).toBe(size);
    }
  });
});
