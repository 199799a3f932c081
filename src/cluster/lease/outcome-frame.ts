import { crc32 } from 'node:zlib';
import { decodeTags, encodeTags } from './tag-list.js';

/** An outcome as it lies in the store: what it could be invalidated by, and the payload. */
export interface OutcomeFrame {
  readonly tags: readonly string[];
  readonly payload: Buffer;
}

const CHECKED_FROM = 4;
const HEAD_BYTES = 8;
const NOTHING: OutcomeFrame = Object.freeze({ tags: [], payload: Buffer.alloc(0) });

/** CRC-32 of the rest, length of the tags, tags, payload. */
export function encodeOutcome(payload: Uint8Array, tags: readonly string[]): Buffer {
  const list = encodeTags(tags);
  const bytes = Buffer.concat([Buffer.alloc(HEAD_BYTES), list, payload]);
  bytes.writeUInt32BE(list.length, CHECKED_FROM);
  bytes.writeUInt32BE(crc32(bytes.subarray(CHECKED_FROM)));
  return bytes;
}

/** Bytes that are damaged or of another release are an outcome without a payload, which nobody understands. */
export function decodeOutcome(bytes: Buffer): OutcomeFrame {
  if (bytes.length < HEAD_BYTES) return NOTHING;
  if (crc32(bytes.subarray(CHECKED_FROM)) !== bytes.readUInt32BE(0)) return NOTHING;
  const bodyAt = HEAD_BYTES + bytes.readUInt32BE(CHECKED_FROM);
  if (bodyAt > bytes.length) return NOTHING;
  const tags = decodeTags(bytes.subarray(HEAD_BYTES, bodyAt));
  return tags ? { tags, payload: bytes.subarray(bodyAt) } : NOTHING;
}
