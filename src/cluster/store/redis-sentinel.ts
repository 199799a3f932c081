import type { RedisClientOptions, RedisSentinelOptions } from '@redis/client';
import type { CommandConnection, Dial, LinkPorts, StoreDriver } from './raw-store-client.js';
import { dialServer, guardedOptions, loadRedisLibrary } from './redis-library.js';
import type { RedisLibrary } from './redis-library.js';
import { StoreUnavailableError } from './store.error.js';

type Sentinel = ReturnType<RedisLibrary['sentinel']>;

/**
 * The master that Sentinels agree on, by `@redis/client`. The library keeps commands while it looks for
 * a new master, so the loss of one is found out by the silence, not by an error. It does not tell of
 * the connection of its subscriptions: the bus has one of its own, to the master of the moment.
 */
export function sentinelDriver(options: RedisSentinelOptions): StoreDriver {
  return {
    clustered: false,
    load: async (ports) => {
      const library = await loadRedisLibrary();
      let latest: Sentinel | undefined;
      const make = () => (latest = library.sentinel(guardedSentinelOptions(options, ports)));
      return {
        commands: dialMaster(make),
        bus: dialServer(library, () => masterOptions(options, latest), ports),
        answerOf: library.answerOf,
      };
    },
  };
}

function dialMaster(make: () => Sentinel): Dial<CommandConnection> {
  return (report) => {
    const sentinel = make();
    sentinel
      .on('ready', report.up)
      .on('topology-change', ({ type }: { type: string }) => {
        if (type === 'MASTER_CHANGE') report.moved();
      })
      // Of one of several Sentinels, or of a connection that is being made again.
      .on('error', () => undefined);
    const send = (args: readonly [string, ...(string | Buffer)[]]) =>
      known(sentinel).sendCommand(false, [...args]);
    return {
      connect: () => sentinel.connect(),
      send: ({ args }) => send(args),
      ping: () => send(['PING']),
      end: () => (sentinel.isOpen ? sentinel.destroy() : undefined),
    };
  };
}

function known(sentinel: Sentinel | undefined): Sentinel {
  if (!sentinel?.isReady) throw new StoreUnavailableError('no master is known');
  return sentinel;
}

/** Of a connection to the master of the moment. */
function masterOptions(
  { nodeClientOptions = {} }: RedisSentinelOptions,
  sentinel: Sentinel | undefined,
): RedisClientOptions {
  const node = known(sentinel).getMasterNode();
  if (!node) throw new StoreUnavailableError('no master is known');
  const { host, port } = node;
  return { ...nodeClientOptions, socket: { ...nodeClientOptions.socket, host, port } };
}

function guardedSentinelOptions(
  { nodeClientOptions = {}, sentinelClientOptions = {}, ...rest }: RedisSentinelOptions,
  ports: LinkPorts,
): RedisSentinelOptions {
  return {
    scanInterval: 1_000,
    ...rest,
    nodeClientOptions: guardedOptions(nodeClientOptions, ports),
    sentinelClientOptions: { maintNotifications: 'disabled', ...sentinelClientOptions },
  };
}
