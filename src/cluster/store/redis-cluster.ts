import type { RedisClusterOptions } from '@redis/client';
import { hasHashTag, keySlot, StoreUnavailableError } from '../kernel/index.js';
import type {
  BusConnection,
  CommandConnection,
  Dial,
  LinkPorts,
  RawCommand,
  StoreDriver,
} from './raw-store-client.js';
import { guardedOptions, loadRedisLibrary } from './redis-library.js';
import type { RedisLibrary } from './redis-library.js';

type Cluster = ReturnType<RedisLibrary['cluster']>;

/** How soon the cluster is asked for its new shape when one of its servers is away, in milliseconds. */
const REFRESH_AFTER_MS = 200;

/**
 * A cluster of servers, by `@redis/client`. It counts as one store: while one of its masters is away
 * the store is down, since no key's fate can be told apart from another's. The library has one object
 * for commands and the bus, and does not tell which of its connections is gone.
 */
export function clusterDriver(options: RedisClusterOptions): StoreDriver {
  return {
    clustered: true,
    load: async (ports) => {
      const library = await loadRedisLibrary();
      return { both: dialCluster(library, options, ports), answerOf: library.answerOf };
    },
  };
}

function dialCluster(
  library: RedisLibrary,
  options: RedisClusterOptions,
  ports: LinkPorts,
): Dial<CommandConnection & BusConnection> {
  return (report) => {
    const cluster = library.cluster(guardedClusterOptions(options, ports));
    const up = () => {
      if (cluster.isReady) report.up();
    };
    cluster.on('error', report.down).on('node-error', report.down).on('node-ready', up);
    const current = () => {
      if (!cluster.isReady) throw new StoreUnavailableError('not connected');
      return cluster;
    };
    return {
      connect: async () => {
        report.expect(ports.greetWithinMs);
        await cluster.connect();
        up();
      },
      send: (command) => send(current(), command),
      ping: () =>
        Promise.all(
          current().masters.map(async (node) =>
            (await cluster.nodeClient(node)).sendCommand(['PING']),
          ),
        ),
      subscribe: (channel, onMessage) =>
        hasHashTag(channel)
          ? current().sSubscribe(channel, onMessage, true)
          : current().subscribe(channel, onMessage, true),
      pingBus: () => {
        const { masters, pubSubNode } = current();
        const nodes = [pubSubNode, ...masters.map((node) => node.pubSub)];
        return Promise.all(
          nodes.flatMap((node) => (node ? [node.client.sendCommand(['PING'])] : [])),
        );
      },
      end: () => {
        if (cluster.isOpen) cluster.destroy();
      },
    };
  };
}

async function send(cluster: Cluster, { args, key }: RawCommand): Promise<unknown> {
  if (args[0] !== 'PUBSUB' || key === undefined) return cluster.sendCommand(key, false, [...args]);
  // The library takes any server for it, and each server counts its own subscribers alone.
  const shard = cluster.slots[keySlot(key)];
  if (!shard) throw new StoreUnavailableError(`no server has the slot of ${key}`);
  return (await cluster.nodeClient(shard.master)).sendCommand([...args]);
}

function guardedClusterOptions(
  { rootNodes, defaults = {}, ...rest }: RedisClusterOptions,
  ports: LinkPorts,
): RedisClusterOptions {
  return {
    topologyRefreshOnReconnectionAttemptStrategy: REFRESH_AFTER_MS,
    ...rest,
    rootNodes: rootNodes.map((node) => ({ ...node, socket: { ...node.socket } })),
    defaults: guardedOptions(defaults, ports),
  };
}
