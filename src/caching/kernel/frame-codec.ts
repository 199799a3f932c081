import type { ValueCodec } from './tier.js';

/** A value taken apart: what JSON can say of it, and bytes. */
export interface Framed {
  readonly head: unknown;
  readonly body: Uint8Array;
}

/** Length of the head, in bytes, big-endian. */
const LENGTH_BYTES = 4;

/**
 * A codec for values that are a small head and many bytes: the length of the head, the head as JSON, the
 * bytes. What is read is a view of what the tier has given: nothing of the body is copied.
 *
 * @param split takes a value apart
 * @param join makes a value of its parts; may throw on a head that it does not know
 */
export function frameCodec<T>(
  split: (value: T) => Framed,
  join: (head: unknown, body: Buffer) => T,
): ValueCodec {
  return {
    encode(value) {
      const { head, body } = split(value as T);
      const text = JSON.stringify(head);
      const headBytes = Buffer.byteLength(text);
      const frame = Buffer.allocUnsafe(LENGTH_BYTES + headBytes + body.byteLength);
      frame.writeUInt32BE(headBytes);
      frame.write(text, LENGTH_BYTES);
      frame.set(body, LENGTH_BYTES + headBytes);
      return frame;
    },
    decode(bytes) {
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const bodyAt = LENGTH_BYTES + frame.readUInt32BE(0);
      if (bodyAt > frame.length) throw new RangeError('The head is longer than the frame');
      const head: unknown = JSON.parse(frame.toString('utf8', LENGTH_BYTES, bodyAt));
      return join(head, frame.subarray(bodyAt));
    },
  };
}
