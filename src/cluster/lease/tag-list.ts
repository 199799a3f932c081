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
