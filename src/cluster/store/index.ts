export { IoredisStore } from './ioredis-store.js';
export type { IoredisConnection } from './ioredis-store.js';
export { InvalidStoreUrlError, parseStoreUrl } from './parse-store-url.js';
export type { StoreUrlFiles } from './parse-store-url.js';
export { RedisStore } from './redis-store.js';
export type { RedisTopology } from './redis-store.js';
export type { StoreGuardOptions } from './store-guard-options.js';
export { StoreCommandError, StoreUnavailableError } from '../kernel/index.js';
export type {
  BusListener,
  Store,
  StoreDescription,
  StoreListener,
  StoreReply,
  StoreScript,
  StoreState,
} from './store.js';
