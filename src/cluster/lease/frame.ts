import { crc32 } from 'node:zlib';
import { isToken } from '../kernel/index.js';
import type { SharedValue, ValueFacts } from '../kernel/index.js';

/**
 * How a value lies in the store: a header that the scripts read as well, the tags, the payload.
 *
 * | bytes | what                                              |
 * | ----- | ------------------------------------------------- |
 * | 0–1   | `BW`                                              |
 * | 2     | version, which the key ends with as well          |
 * | 3     | flags: 1 where no claimant's `freshMs` cuts it    |
 * | 4–7   | age up to which it is fresh, milliseconds         |
 * | 8–11  | age up to which it is kept, milliseconds          |
 * | 12–15 | length of the tags                                |
 * | 16–19 | CRC-32 of bytes 0–15 and the tags                 |
 * | 20–23 | CRC-32 of the payload                             |
 * | 24–39 | token, as a double, twice                         |
 *
 * A script may give it another token and cannot make a checksum, so the token is checked by its copy. The
 * head is checked by itself: it is sent without the payload to those who have that.
 *
 * Its age is what has gone of the time it is kept: the store's clock alone tells it.
 */
export const HEADER_BYTES = 40;
/** Two versions beside each other have values of their own. */
export const FRAME_VERSION = 2;
const MAX_MS = 2 ** 32 - 1;

const FLAGS_AT = 3;
/** A release that does not know it has what is older than its own `freshMs` fetched anew. */
const UNCUT = 1;

const TAGS_LENGTH_AT = 12;
const HEAD_CHECKSUM_AT = 16;
const PAYLOAD_CHECKSUM_AT = 20;
const TOKEN_AT = 24;
const TOKEN_AGAIN_AT = 32;

/** What the scripts read of a frame. Only the token is known to be right. */
export interface FrameHeader {
  readonly token: number;
  readonly freshMs: number;
  readonly keepMs: number;
  readonly uncut: boolean;
  /** Where the payload begins, which may be beyond the end. */
  readonly bodyAt: number;
}

export function encodeFrame(payload: Uint8Array, content: ValueFacts): Buffer {
  const list = encodeTags(content.tags ?? []);
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('BW', 0, 'latin1');
  head.writeUInt8(FRAME_VERSION, 2);
  head.writeUInt8(content.uncut ? UNCUT : 0, FLAGS_AT);
  head.writeUInt32BE(Math.min(content.freshMs, MAX_MS), 4);
  head.writeUInt32BE(Math.min(content.keepMs, MAX_MS), 8);
  head.writeUInt32BE(list.length, TAGS_LENGTH_AT);
  head.writeUInt32BE(headChecksum(head, list), HEAD_CHECKSUM_AT);
  head.writeUInt32BE(crc32(payload), PAYLOAD_CHECKSUM_AT);
  writeToken(head, content.token);
  return Buffer.concat([head, list, payload]);
}

/** `undefined` for bytes that no script takes for a frame. */
export function headerOf(frame: Buffer): FrameHeader | undefined {
  if (frame.length < HEADER_BYTES || frame.toString('latin1', 0, 2) !== 'BW') return undefined;
  if (frame.readUInt8(2) !== FRAME_VERSION) return undefined;
  const token = frame.readDoubleBE(TOKEN_AT);
  if (token !== frame.readDoubleBE(TOKEN_AGAIN_AT) || !isToken(token)) return undefined;
  return {
    token,
    freshMs: frame.readUInt32BE(4),
    keepMs: frame.readUInt32BE(8),
    uncut: (frame.readUInt8(FLAGS_AT) & UNCUT) !== 0,
    bodyAt: HEADER_BYTES + frame.readUInt32BE(TAGS_LENGTH_AT),
  };
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
  const header = headerOf(frame);
  if (!header) return undefined;
  const { token, freshMs, keepMs, uncut, bodyAt } = header;
  if (bodyAt > frame.length) return undefined;
  const list = frame.subarray(HEADER_BYTES, bodyAt);
  if (headChecksum(frame, list) !== frame.readUInt32BE(HEAD_CHECKSUM_AT)) return undefined;
  const payload = token === haveToken ? undefined : frame.subarray(bodyAt);
  if (payload && crc32(payload) !== frame.readUInt32BE(PAYLOAD_CHECKSUM_AT)) return undefined;
  const tags = decodeTags(list);
  return tags && { token, ageMs, freshMs, keepMs, tags, payload, ...(uncut && { uncut }) };
}

/** Gives a frame a token, as scripts do. */
export function writeToken(frame: Buffer, token: number): void {
  frame.writeDoubleBE(token, TOKEN_AT);
  frame.writeDoubleBE(token, TOKEN_AGAIN_AT);
}

function headChecksum(head: Buffer, list: Uint8Array): number {
  return crc32(list, crc32(head.subarray(0, HEAD_CHECKSUM_AT)));
}

/** An outcome as it lies in the store: what it could be invalidated by, and the payload. */
export interface OutcomeFrame {
  readonly tags: readonly string[];
  readonly payload: Buffer;
}

const OUTCOME_CHECKED_FROM = 4;
const OUTCOME_HEAD_BYTES = 8;
const NO_OUTCOME: OutcomeFrame = Object.freeze({ tags: [], payload: Buffer.alloc(0) });

/** CRC-32 of the rest, length of the tags, tags, payload. */
export function encodeOutcome(payload: Uint8Array, tags: readonly string[]): Buffer {
  const list = encodeTags(tags);
  const bytes = Buffer.concat([Buffer.alloc(OUTCOME_HEAD_BYTES), list, payload]);
  bytes.writeUInt32BE(list.length, OUTCOME_CHECKED_FROM);
  bytes.writeUInt32BE(crc32(bytes.subarray(OUTCOME_CHECKED_FROM)));
  return bytes;
}

/** Bytes that are damaged or of another release are an outcome without a payload, which nobody understands. */
export function decodeOutcome(bytes: Buffer): OutcomeFrame {
  if (bytes.length < OUTCOME_HEAD_BYTES) return NO_OUTCOME;
  if (crc32(bytes.subarray(OUTCOME_CHECKED_FROM)) !== bytes.readUInt32BE(0)) return NO_OUTCOME;
  const bodyAt = OUTCOME_HEAD_BYTES + bytes.readUInt32BE(OUTCOME_CHECKED_FROM);
  if (bodyAt > bytes.length) return NO_OUTCOME;
  const tags = decodeTags(bytes.subarray(OUTCOME_HEAD_BYTES, bodyAt));
  return tags ? { tags, payload: bytes.subarray(bodyAt) } : NO_OUTCOME;
}

/** Tags as they lie in the store: as JSON, or nothing where there are none. */
export function encodeTags(tags: readonly string[]): Buffer {
  return tags.length === 0 ? Buffer.alloc(0) : Buffer.from(JSON.stringify(tags));
}

/** `undefined` for bytes that are no list of tags. */
export function decodeTags(bytes: Buffer): readonly string[] | undefined {
  if (bytes.length === 0) return [];
  try {
    const list: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(list) && list.every((tag) => typeof tag === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}
