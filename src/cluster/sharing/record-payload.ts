import type { TierRecord } from '../../caching/index.js';

/** What a value's frame does not carry itself, or in whole milliseconds alone. */
type Facts = Pick<TierRecord, 'key' | 'freshMs' | 'staleMs' | 'staleIfErrorMs' | 'keepMs' | 'etag'>;

const LENGTH_BYTES = 4;

/** A record as the payload of a shared value: length and JSON of its facts, then the value's bytes. */
export function encodeRecord({ payload, ...record }: TierRecord): Buffer {
  const { key, freshMs, staleMs, staleIfErrorMs, keepMs, etag } = record;
  const times = { freshMs, staleMs, staleIfErrorMs, ...(keepMs !== undefined && { keepMs }) };
  const facts: Facts = { key, ...times, ...(etag !== undefined && { etag }) };
  const head = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, payload]);
}

/** The facts and the value's bytes; `undefined` for bytes that are not such a payload. */
export function decodeRecord(bytes: Buffer): (Facts & Pick<TierRecord, 'payload'>) | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const bodyAt = LENGTH_BYTES + bytes.readUInt32BE(0);
  if (bodyAt > bytes.length) return undefined;
  try {
    const facts: unknown = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, bodyAt));
    return isFacts(facts) ? { ...facts, payload: bytes.subarray(bodyAt) } : undefined;
  } catch {
    return undefined;
  }
}

function isFacts(told: unknown): told is Facts {
  if (typeof told !== 'object' || told === null) return false;
  const {
    key,
    freshMs,
    staleMs,
    staleIfErrorMs,
    keepMs = 0,
    etag,
  } = told as Partial<Record<keyof Facts, unknown>>;
  return (
    typeof key === 'string' &&
    [freshMs, staleMs, staleIfErrorMs, keepMs].every((ms) => typeof ms === 'number') &&
    (etag === undefined || typeof etag === 'string')
  );
}
