import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from '@redis/client';

/**
 * Where the store is, in the options of `@redis/client`, which are passed to it unchanged but for what
 * the guard of the store depends on (its queues, timeouts and reconnection).
 */
export type RedisTopology =
  | { readonly kind: 'single'; readonly client: RedisClientOptions }
  | { readonly kind: 'cluster'; readonly cluster: RedisClusterOptions }
  | { readonly kind: 'sentinel'; readonly sentinel: RedisSentinelOptions };
