import type { RedisClientOptions } from '@redis/client';

/** Milliseconds that a connection may take to be made, where the options say nothing. */
const CONNECT_TIMEOUT_MS = 2_000;

/** What the options of one connection become: a copy, for the library writes into what it is given. */
export function guardedClientOptions<Options extends Partial<RedisClientOptions>>(
  options: Options,
  reconnectMs: () => number,
): Options {
  return {
    ...options,
    // A store that is away answers by an error, at once; nothing is kept for later.
    disableOfflineQueue: true,
    // Not for the commands of Redis Enterprise, which others refuse.
    maintNotifications: options.maintNotifications ?? 'disabled',
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...options.socket,
      // The library's own waits up to 2 s, and a leader has to be back before others take over.
      reconnectStrategy: reconnectMs,
    },
  };
}
