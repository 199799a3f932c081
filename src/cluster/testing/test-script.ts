import { createHash } from 'node:crypto';
import type { StoreScript } from '../store/store.js';

/** A script of a test, addressed as the store does. */
export function testScript(source: string): StoreScript {
  return { name: 'test', source, sha: createHash('sha1').update(source).digest('hex') };
}
