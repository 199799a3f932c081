import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrameOf, FrameReader, MAX_FRAME_BYTES } from './machine-frames.js';
import type { FrameValue } from './machine-frames.js';

const { value: anyValue } = fc.letrec<{ value: FrameValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.double(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map((bytes): Buffer => Buffer.from(bytes)),
    fc.array(tie('value')),
  ),
}));

describe('frames between a worker and the store of its machine', () => {
  it('arrive as they were sent, in whatever pieces', () => {
    fc.assert(
      fc.property(
        fc.array(anyValue),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (sent, sizes) => {
          const bytes = Buffer.concat(sent.map(encodeFrameOf));
          const arrived: FrameValue[] = [];
          const reader = new FrameReader((value) => arrived.push(value));
          for (let at = 0; at < bytes.length;) {
            const { value: size } = sizes.next() as { value: number };
            reader.read(bytes.subarray(at, (at += size)));
          }
          expect(arrived).toEqual(sent);
        },
      ),
    );
  });

  it('bring bytes that keep nothing else', () => {
    const arrived: FrameValue[] = [];
    new FrameReader((value) => arrived.push(value)).read(
      encodeFrameOf([Buffer.alloc(100_000), 'x']),
    );
    const [bytes] = arrived[0] as readonly [Buffer];
    expect(bytes.buffer.byteLength).toBe(100_000);
  });

  it.each([
    ['too long', (frame: Buffer) => frame.writeUInt32LE(MAX_FRAME_BYTES + 1)],
    ['of no kind', (frame: Buffer) => frame.writeUInt8(9, 4)],
    ['a text beyond its end', (frame: Buffer) => frame.writeUInt32LE(99, 5)],
    ['a list beyond its end', (frame: Buffer) => frame.writeUInt8(4, 4)],
  ])('are refused where they are %s', (_, damage) => {
    const frame = encodeFrameOf('text');
    damage(frame);
    expect(() => new FrameReader(() => undefined).read(frame)).toThrow(RangeError);
  });
});
