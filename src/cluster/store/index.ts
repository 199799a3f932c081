export { InvalidStoreUrlError } from './invalid-store-url.error.js';
export type { IoredisConnection } from './ioredis-connection.interface.js';
export { IoredisStore } from './ioredis-store.js';
export { parseStoreUrl } from './parse-store-url.js';
export type { StoreUrlFiles } from './parse-store-url.js';
export { RedisStore } from './redis-store.js';
export type { RedisTopology } from './redis-topology.js';
export { StoreCommandError } from './store-command.error.js';
export type { StoreGuardOptions } from './store-guard-options.interface.js';
export { StoreUnavailableError } from './store-unavailable.error.js';
export type {
  BusListener,
  Store,
  StoreDescription,
  StoreListener,
  StoreReply,
  StoreScript,
  StoreState,
} from './store.js';
