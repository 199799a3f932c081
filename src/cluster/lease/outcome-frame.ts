/** An outcome as it lies in the store: what it could be invalidated by, and the payload. */
export interface OutcomeFrame {
  readonly tags: readonly string[];
  readonly payload: Buffer;
}

const LENGTH_BYTES = 4;

/** Length of the tags' JSON and that JSON, where there are any, then the payload. */
export function encodeOutcome(payload: Uint8Array, tags: readonly string[]): Buffer {
  const list = Buffer.from(tags.length === 0 ? '' : JSON.stringify(tags));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(list.length);
  return Buffer.concat([length, list, payload]);
}

/** Bytes of another release are an outcome without a payload, which nobody understands. */
export function decodeOutcome(bytes: Buffer): OutcomeFrame {
  try {
    const bodyAt = LENGTH_BYTES + bytes.readUInt32BE(0);
    const list = bytes.toString('utf8', LENGTH_BYTES, bodyAt);
    const tags = list === '' ? [] : (JSON.parse(list) as string[]);
    return { tags, payload: bytes.subarray(bodyAt) };
  } catch {
    return { tags: [], payload: Buffer.alloc(0) };
  }
}
