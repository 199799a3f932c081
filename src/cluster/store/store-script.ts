import { createHash } from 'node:crypto';
import type { StoreScript } from './store.js';

/**
 * A script, addressed by what it says: two versions coexist in one store.
 *
 * @param parts what it is put together of: what it shares with others, and its own
 */
export function storeScript(name: string, ...parts: readonly string[]): StoreScript {
  const source = parts.map((part) => part.trimStart()).join('');
  return Object.freeze({ name, source, sha: createHash('sha1').update(source).digest('hex') });
}
