import { deserialize, serialize } from 'node:v8';

/** Turns values into bytes for the tiers below memory, and back. */
export interface ValueCodec {
  encode(value: unknown): Uint8Array;
  /** May throw on bytes that are not its own: the look-up is then a miss. */
  decode(bytes: Uint8Array): unknown;
}

/**
 * The structured clone format of V8: knows Buffers, Dates, Maps, Sets, BigInts, `undefined` and cycles.
 * Refuses functions; instances of classes come back as plain objects.
 */
export const v8Codec: ValueCodec = {
  encode: (value) => serialize(value),
  decode: (bytes) => deserialize(bytes) as unknown,
};
