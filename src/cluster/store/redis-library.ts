import type * as redis from '@redis/client';
import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from '@redis/client';
import type { BusConnection, CommandConnection, Dial, LinkPorts } from './raw-store-client.js';

/** `@redis/client` as the store uses it: answers without any timeout of its own, strings as buffers. */
export type RedisLibrary = ReturnType<typeof libraryOf>;

/** Milliseconds that a connection may take to be made, where the options say nothing. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Loads the library, which is large, when a store is opened and not before. */
export async function loadRedisLibrary(): Promise<RedisLibrary> {
  return libraryOf(await import('@redis/client'));
}

// Not async itself: of a promise whose types it infers the compiler compares every command with itself,
// which took a third of each check of the sources.
function libraryOf({
  createClient,
  createCluster,
  createSentinel,
  ErrorReply,
  RESP_TYPES,
}: typeof redis) {
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

/** What the options of one connection become: a copy, for the library writes into what it is given. */
export function guardedOptions<Options extends Partial<RedisClientOptions>>(
  options: Options,
  { retryMs }: LinkPorts,
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
      reconnectStrategy: retryMs,
    },
  };
}

/** Connects to one server, which `options` names anew for each connection. */
export function dialServer(
  library: RedisLibrary,
  options: () => RedisClientOptions,
  ports: LinkPorts,
): Dial<CommandConnection & BusConnection> {
  return (report) => {
    const client = library
      .single(guardedOptions(options(), ports))
      .on('connect', () => report.expect(ports.greetWithinMs))
      .on('ready', report.up)
      // Stays after the client was given up: an error that nobody listens to ends the process.
      .on('error', (error: unknown) => {
        if (!client.isReady) report.lost(error);
      });
    const ping = () => client.sendCommand(['PING']);
    return {
      connect: () => client.connect(),
      send: ({ args }) => client.sendCommand(args),
      ping,
      subscribe: (channel, onMessage) => client.subscribe(channel, onMessage, true),
      pingBus: ping,
      end: () => {
        if (client.isOpen) client.destroy();
      },
    };
  };
}
