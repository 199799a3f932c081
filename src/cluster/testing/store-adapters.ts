import { Redis } from 'ioredis';
import { IoredisStore } from '../store/ioredis-store.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import type { GuardedStore } from '../store/guarded-store.js';
import type { StoreGuardOptions } from '../store/store-guard-options.js';

/** A way of making a store, by the name of its library. */
export interface StoreAdapter {
  readonly library: string;
  /** A store that has not been opened. */
  make(url: string, options?: StoreGuardOptions): GuardedStore;
}

/** Each promise of the store is kept with each of these. */
export const STORE_ADAPTERS: readonly StoreAdapter[] = [
  {
    library: '@redis/client',
    make: (url, options) => new RedisStore(parseStoreUrl(url), options),
  },
  {
    library: 'ioredis',
    // The connection of the application is never used, so it need not be made.
    make: (url, options) => new IoredisStore(new Redis(url, { lazyConnect: true }), options),
  },
];
