/**
 * The bytes that stand for a key or a tag in the database: its UTF-16 units, so that any two strings
 * differ, those with NUL or lone surrogates too, and a string's prefix is a prefix of its bytes.
 */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
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
