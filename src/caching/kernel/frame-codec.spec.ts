import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frameCodec } from './frame-codec.js';
import type { Framed } from './frame-codec.js';

describe('a codec of head and body', () => {
  const codec = frameCodec<Framed>(
    (value) => value,
    (head, body) => ({ head, body }),
  );

  it('gives back what it was given, from bytes that lie anywhere', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.uint8Array(), fc.nat(9), (head, bytes, offset) => {
        const body = Buffer.from(bytes);
        const encoded = codec.encode({ head, body });
        const buffer = new Uint8Array(offset + encoded.length + 3);
        buffer.set(encoded, offset);
        const decoded = codec.decode(buffer.subarray(offset, offset + encoded.length));
        expect(decoded).toEqual({ head: JSON.parse(JSON.stringify(head)) as unknown, body });
      }),
    );
  });

  it('gives the body as a view of what the tier has given', () => {
    const encoded = codec.encode({ head: 1, body: Buffer.from('abc') });
    const { body } = codec.decode(encoded) as Framed;
    encoded[encoded.length - 1] = 0x78;
    expect(Buffer.from(body).toString()).toBe('abx');
    expect(body.buffer).toBe(encoded.buffer);
  });

  it.each([
    ['too short for a length', [0, 0, 0]],
    ['shorter than their head', [0, 0, 0, 9, 0x31]],
    ['of no JSON', [0, 0, 0, 1, 0x7b]],
    ['nothing', []],
  ])('refuses bytes that are %s', (_what, bytes) => {
    expect(() => codec.decode(Uint8Array.from(bytes))).toThrow();
  });

  it('refuses a head that is nothing', () => {
    expect(() => codec.encode({ head: undefined, body: Buffer.alloc(0) })).toThrow();
  });
});
