import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from '@redis/client';

/** `@redis/client` as the store uses it: answers without any timeout of its own, strings as buffers. */
export type RedisLibrary = Awaited<ReturnType<typeof loadRedisLibrary>>;

/** Loads the library, which is large, when a store is opened and not before. */
export async function loadRedisLibrary() {
  const { createClient, createCluster, createSentinel, ErrorReply, RESP_TYPES } =
    await import('@redis/client');
  // No timeout: it would not cover a server that hangs, and costs an AbortSignal per command.
  const commandOptions = {
    timeout: undefined,
    typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer },
  };
  return {
    single: (options: RedisClientOptions) => createClient({ ...options, commandOptions }),
    cluster: (options: RedisClusterOptions) => createCluster({ ...options, commandOptions }),
    sentinel: (options: RedisSentinelOptions) => createSentinel({ ...options, commandOptions }),
    answerOf: (error: unknown): string | undefined =>
      error instanceof ErrorReply ? error.message : undefined,
  };
}
