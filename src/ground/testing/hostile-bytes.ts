import fc from 'fast-check';

/** What becomes of bytes that somebody else keeps or carries. */
export type Damage = (bytes: Buffer) => Buffer;

/** Lengths that are declared and not there, and such as end in the middle of something. */
const LENGTHS = [0, 1, 3, 0xff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** A bit flipped, an end missing, bytes overwritten, a length that is another one, bytes too many. */
export const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(([at, bit]): Damage => {
    return changed(at, 1, (bytes, from) => (bytes[from] = (bytes[from] ?? 0) ^ (1 << bit)));
  }),
  fc.nat().map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.nat().map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(at % (bytes.length + 1)),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, other]): Damage => {
    return changed(at, other.length, (bytes, from) => bytes.set(other, from));
  }),
  fc
    .tuple(fc.nat({ max: 60 }), fc.constantFrom(...LENGTHS), fc.boolean())
    .map(([at, length, little]): Damage => {
      return changed(at, 4, (bytes, from) =>
        little ? bytes.writeUInt32LE(length, from) : bytes.writeUInt32BE(length, from),
      );
    }),
  fc.uint8Array({ minLength: 1, maxLength: 50 }).map((more): Damage => {
    return (bytes) => Buffer.concat([bytes, more]);
  }),
);

/** Bytes of anybody. */
export const anyBytes = fc
  .uint8Array({ maxLength: 120, size: 'max' })
  .map((some) => Buffer.from(some));

/** Changes a copy, where it is long enough for that. */
function changed(
  at: number,
  length: number,
  change: (copy: Buffer, from: number) => unknown,
): Damage {
  return (bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length >= length) change(copy, at % (copy.length - length + 1));
    return copy;
  };
}
