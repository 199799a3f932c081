import { crc32 } from 'node:zlib';
import type { SharedValue } from './leases.js';

/**
 * How a value lies in the store: a header that the scripts read as well, the tags, the payload.
 *
 * | bytes | what                                              |
 * | ----- | ------------------------------------------------- |
 * | 0–1   | `BW`                                              |
 * | 2     | version, which the key ends with as well          |
 * | 3     | flags, none yet                                   |
 * | 4–7   | age up to which it is fresh, milliseconds         |
 * | 8–11  | age up to which it is kept, milliseconds          |
 * | 12–19 | token, as a double                                |
 * | 20–23 | length of the tags                                |
 * | 24–27 | CRC-32 of bytes 4–11, tags and payload            |
 *
 * Its age is what has gone of the time it is kept: the store's clock alone tells it.
 */
export const HEADER_BYTES = 28;
/** Two versions beside each other have values of their own. */
export const FRAME_VERSION = 1;
const MAX_MS = 2 ** 32 - 1;

/** What is written of a value. */
export type FrameContent = Pick<SharedValue, 'token' | 'freshMs' | 'keepMs'> & {
  readonly tags?: readonly string[];
};

export function encodeFrame(payload: Uint8Array, content: FrameContent): Buffer {
  const { tags = [] } = content;
  const list = tags.length === 0 ? Buffer.alloc(0) : Buffer.from(JSON.stringify(tags));
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('BW', 0, 'latin1');
  head.writeUInt8(FRAME_VERSION, 2);
  head.writeUInt32BE(Math.min(content.freshMs, MAX_MS), 4);
  head.writeUInt32BE(Math.min(content.keepMs, MAX_MS), 8);
  head.writeDoubleBE(content.token, 12);
  head.writeUInt32BE(list.length, 20);
  head.writeUInt32BE(checksum(head, list, payload), 24);
  return Buffer.concat([head, list, payload]);
}

/**
 * @param haveToken a value with this very token was sent without its payload
 * @returns `undefined` for bytes that are not a frame of this version, or are damaged
 */
export function decodeFrame(
  frame: Buffer,
  ageMs: number,
  haveToken?: number,
): SharedValue | undefined {
  if (frame.length < HEADER_BYTES || frame.toString('latin1', 0, 2) !== 'BW') return undefined;
  if (frame.readUInt8(2) !== FRAME_VERSION) return undefined;
  const token = frame.readDoubleBE(12);
  const bodyAt = HEADER_BYTES + frame.readUInt32BE(20);
  const payload = token === haveToken ? undefined : frame.subarray(bodyAt);
  const list = frame.subarray(HEADER_BYTES, bodyAt);
  if (bodyAt > frame.length) return undefined;
  // Without the payload it cannot be told, nor need it: who has the payload has the rest as well.
  if (payload && checksum(frame, list, payload) !== frame.readUInt32BE(24)) return undefined;
  return {
    token,
    ageMs,
    freshMs: frame.readUInt32BE(4),
    keepMs: frame.readUInt32BE(8),
    tags: list.length === 0 ? [] : (JSON.parse(list.toString('utf8')) as string[]),
    payload,
  };
}

/** The token of a frame, whatever its payload. */
export function tokenOf(frame: Buffer): number {
  return frame.readDoubleBE(12);
}

/** Of everything that does not change once it was published: a script may give it another token. */
function checksum(head: Buffer, list: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(list, crc32(head.subarray(4, 12))));
}
