import { deserialize, serialize } from 'node:v8';
import type { ValueCodec } from './kernel/index.js';

/**
 * The structured clone format of V8: knows Buffers, Dates, Maps, Sets, BigInts, `undefined` and cycles.
 * Refuses functions; instances of classes come back as plain objects.
 */
export const v8Codec: ValueCodec = {
  encode: (value) => serialize(value),
  decode: (bytes) => deserialize(bytes) as unknown,
};
