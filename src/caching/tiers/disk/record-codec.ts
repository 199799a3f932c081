import { crc32 } from 'node:zlib';
import type { TierRecord } from '../../kernel/tier.js';

/**
 * Bytes before the rest, little-endian: CRC-32 of the key and of all that follows (4), bytes of the
 * extras (4), `bornAt`, `freshMs`, `staleMs`, `staleIfErrorMs` (8 each). After them the extras (tags,
 * ETag, version, `keepMs` and `outdated` as JSON, or nothing) and the payload. The key stands in its own column.
 *
 * A release that does not know one of the extras reads the record all the same, and one that does finds it
 * missing in an older record: neither has another format.
 */
export const HEAD_BYTES = 40;

const CHECKED_FROM = 4;

interface Extras {
  readonly tags: readonly string[];
  readonly etag?: string;
  readonly version?: number;
  readonly keepMs?: number;
  readonly outdated?: boolean;
}

const NO_EXTRAS: Extras = { tags: [] };

/** The bytes of a record, with a checksum of its own: SQLite does not notice flipped bits in a value. */
export function encodeRecord(record: TierRecord, key: Uint8Array): Buffer {
  const { tags, etag, version, keepMs, outdated, payload } = record;
  const given = [etag, version, keepMs, outdated].some((extra) => extra !== undefined);
  const extras =
    tags.length > 0 || given ? JSON.stringify({ tags, etag, version, keepMs, outdated }) : '';
  const extrasBytes = Buffer.byteLength(extras);
  const body = Buffer.allocUnsafe(HEAD_BYTES + extrasBytes + payload.byteLength);
  body.writeUInt32LE(extrasBytes, 4);
  body.writeDoubleLE(record.bornAt, 8);
  body.writeDoubleLE(record.freshMs, 16);
  body.writeDoubleLE(record.staleMs, 24);
  body.writeDoubleLE(record.staleIfErrorMs, 32);
  body.write(extras, HEAD_BYTES);
  body.set(payload, HEAD_BYTES + extrasBytes);
  body.writeUInt32LE(checksumOf(body, key), 0);
  return body;
}

/**
 * The record, if `body` is as it was written, and for this key. Its payload is a view of `body`.
 * @param keyBytes the bytes of `key`
 */
export function decodeRecord(
  body: Buffer,
  key: string,
  keyBytes: Uint8Array,
): TierRecord | undefined {
  if (body.length < HEAD_BYTES || checksumOf(body, keyBytes) !== body.readUInt32LE(0)) {
    return undefined;
  }
  const payloadAt = HEAD_BYTES + body.readUInt32LE(4);
  if (payloadAt > body.length) return undefined;
  const extras = extrasOf(body.toString('utf8', HEAD_BYTES, payloadAt));
  return (
    extras && {
      key,
      bornAt: body.readDoubleLE(8),
      freshMs: body.readDoubleLE(16),
      staleMs: body.readDoubleLE(24),
      staleIfErrorMs: body.readDoubleLE(32),
      ...extras,
      payload: body.subarray(payloadAt),
    }
  );
}

function checksumOf(body: Buffer, key: Uint8Array): number {
  return crc32(body.subarray(CHECKED_FROM), crc32(key));
}

/** `undefined` for what this release has not written: a checksum says that nothing has changed since. */
function extrasOf(text: string): Extras | undefined {
  if (text === '') return NO_EXTRAS;
  try {
    const extras = JSON.parse(text) as Extras | null;
    const isOurs = Array.isArray(extras?.tags) && typeof (extras.keepMs ?? 0) === 'number';
    return isOurs ? extras : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The bytes that stand for a key or a tag in the database: its UTF-16 units, so that any two strings
 * differ, those with NUL or lone surrogates too, and a string's prefix is a prefix of its bytes.
 */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** The text that {@link bytesOf} has made bytes of. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('utf16le');
}

/** The least bytes that sort after everything that begins with `prefix`; `undefined` if there are none. */
export function successorOf(prefix: Buffer): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const successor = Buffer.from(prefix.subarray(0, length));
  successor[length - 1] = (successor[length - 1] ?? 0) + 1;
  return successor;
}
