import { PreparedKey, keyText } from '../caching/index.js';
import type { CacheKey } from '../caching/index.js';

/** Begins the text of a key that is made of parts, and of one that could be taken for such a text. */
const MARK = '\u001f';

/** What begins as a list or as a quoted text is to be told from these; what cannot be read is quoted. */
const UNCLEAR = /^["[]|[^\P{Control}\n]|\p{Surrogate}/u;

/**
 * The text of a key as an operator reads it, and gives it back by {@link writtenKeyText}: the list of its
 * parts, or the text that it is, in quotes where it could be taken for something else. Lines stay lines.
 */
export function readableKey(text: string): string {
  const isMarked = text.startsWith(MARK);
  if (isMarked && text[1] === '[') return text.slice(1);
  const plain = isMarked ? text.slice(1) : text;
  return UNCLEAR.test(plain) ? JSON.stringify(plain) : plain;
}

/** The key that is written so, or as it is told in events. */
export function writtenKeyText(written: string): PreparedKey {
  if (written.startsWith(MARK)) return PreparedKey.ofText(written);
  const isList = written.startsWith('[');
  if (!isList && !written.startsWith('"')) return PreparedKey.of(written);
  try {
    return PreparedKey.ofText(keyText(JSON.parse(written) as CacheKey));
  } catch {
    // Parts may be what JSON has no word for; and whoever writes half a quotation means what he has written.
    return isList ? PreparedKey.ofText(MARK + written) : PreparedKey.of(written);
  }
}

/** The key of a lease, before whose text stands whose it is. */
export function readableLease(text: string): string {
  const mark = text.indexOf(`${MARK}[`);
  return mark === -1 ? text : text.slice(0, mark) + text.slice(mark + 1);
}
