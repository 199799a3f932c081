import { hashKey } from '../coalescing/index.js';
import { readableKey } from './key-text.js';
import type { HotKeySnapshot } from './snapshot.js';

/** Longer ones are cut wherever an operator is shown them. */
export const MAX_SHOWN = 256;

/** A text that may come from a request, as an operator sees it: cut, it ends in a hash of the whole. */
export function shown(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…${hashKey(text)}`;
}

type Whose = Pick<HotKeySnapshot, 'kind' | 'name' | 'key'>;

/** One text of what a key is known by, which {@link hotKeyOf} takes apart. */
export function hotKeyText(kind: Whose['kind'], name: string, key: string): string {
  const whose = shown(name);
  return `${kind === 'cache' ? '' : '-'}${whose.length}:${whose}${shown(key)}`;
}

/** What a {@link hotKeyText} was made of. */
export function hotKeyOf(text: string): Whose {
  const colon = text.indexOf(':');
  const isCache = !text.startsWith('-');
  const nameEnd = colon + 1 + Math.abs(Number(text.slice(0, colon)));
  const name = text.slice(colon + 1, nameEnd);
  return { kind: isCache ? 'cache' : 'coalescer', name, key: readableKey(text.slice(nameEnd)) };
}
