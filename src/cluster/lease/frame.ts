import type { SharedValue } from './leases.js';

/**
 * How a value lies in the store: a header that the scripts read as well, the tags, the payload.
 *
 * | bytes | what                                              |
 * | ----- | ------------------------------------------------- |
 * | 0–1   | `BW`                                              |
 * | 2     | version; another than this one's counts as a miss |
 * | 3     | flags, none yet                                   |
 * | 4–7   | age up to which it is fresh, milliseconds         |
 * | 8–11  | age up to which it is kept, milliseconds          |
 * | 12–19 | token, as a double                                |
 * | 20–23 | length of the tags                                |
 *
 * Its age is what has gone of the time it is kept: the store's clock alone tells it.
 */
const HEADER_BYTES = 24;
const VERSION = 1;
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
  head.writeUInt8(VERSION, 2);
  head.writeUInt32BE(Math.min(content.freshMs, MAX_MS), 4);
  head.writeUInt32BE(Math.min(content.keepMs, MAX_MS), 8);
  head.writeDoubleBE(content.token, 12);
  head.writeUInt32BE(list.length, 20);
  return Buffer.concat([head, list, payload]);
}

/**
 * @param haveToken a value with this very token was sent without its payload
 * @returns `undefined` for bytes that are not a frame of this version
 */
export function decodeFrame(
  frame: Buffer,
  ageMs: number,
  haveToken?: number,
): SharedValue | undefined {
  if (frame.length < HEADER_BYTES || frame.toString('latin1', 0, 2) !== 'BW') return undefined;
  if (frame.readUInt8(2) !== VERSION) return undefined;
  const token = frame.readDoubleBE(12);
  const bodyAt = HEADER_BYTES + frame.readUInt32BE(20);
  const tags =
    bodyAt === HEADER_BYTES
      ? []
      : (JSON.parse(frame.toString('utf8', HEADER_BYTES, bodyAt)) as string[]);
  return {
    token,
    ageMs,
    freshMs: frame.readUInt32BE(4),
    keepMs: frame.readUInt32BE(8),
    tags,
    payload: token === haveToken ? undefined : frame.subarray(bodyAt),
  };
}
