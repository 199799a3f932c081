// The bodies that are served: JSON, as compact as `JSON.stringify` writes it, so that a server that parses
// and serialises it answers the very same bytes.

const FIELDS = { productId: 'SKU123', name: 'Hollow-core door', price: 149.5, padding: '' };

/**
 * JSON of exactly `bytes` bytes.
 *
 * @param {number} bytes
 */
export function bodyOf(bytes) {
  const room = bytes - JSON.stringify(FIELDS).length;
  if (room < 0) throw new RangeError(`a body of ${bytes} bytes has no room for its fields`);
  return Buffer.from(JSON.stringify({ ...FIELDS, padding: 'x'.repeat(room) }));
}

/** What a hot hit answers. */
export const SMALL_BODY = bodyOf(200);
