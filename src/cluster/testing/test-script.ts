import { storeScript } from '../store/store-script.js';
import type { StoreScript } from '../store/store.js';

/** A script of a test, addressed as the store does. */
export function testScript(source: string): StoreScript {
  return storeScript('test', source);
}
