import type { BackendAnswer } from '../backend/index.js';
import { headerOf } from '../backend/index.js';

/** These tell of the bytes that are kept, of which a 304 brings none. */
const OF_THE_BYTES: ReadonlySet<string> = new Set(['content-encoding', 'content-range']);

/**
 * A kept answer as a 304 renews it: what the 304 says is in place of what was said before, but for what
 * the kept bytes depend upon (RFC 9111, sections 3.2 and 4.3.4). The kept answer itself, where nothing
 * has changed.
 */
export function renewedAnswer(kept: BackendAnswer, notModified: BackendAnswer): BackendAnswer {
  const news = notModified.headers.filter(([name]) => !OF_THE_BYTES.has(name));
  const replaced = new Set(news.map(([name]) => name));
  // How old it was when it came says nothing of what has come now.
  if (headerOf(kept, 'age') !== undefined) replaced.add('age');
  const rest = kept.headers.filter(([name]) => !replaced.has(name));
  const isSame =
    kept.headers.length === rest.length + news.length &&
    news.every(([name, value]) => headerOf(kept, name) === value);
  return isSame ? kept : { ...kept, headers: [...rest, ...news] };
}
