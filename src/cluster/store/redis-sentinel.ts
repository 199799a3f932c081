import type { RedisClientOptions, RedisSentinelOptions } from '@redis/client';
import { LONGEST_TIMER_MS } from '../../ground/index.js';
import type { CommandConnection, Dial, LinkPorts, StoreDriver } from './raw-store-client.js';
import { dialServer, guardedOptions, loadRedisLibrary } from './redis-library.js';
import type { RedisLibrary } from './redis-library.js';
import { StoreUnavailableError } from '../kernel/index.js';

type Sentinel = ReturnType<RedisLibrary['sentinel']>;

/** A Sentinel is connected to, then the master that it names: so many times the time of one greeting. */
const GREETINGS = 2;
/** The most that this becomes where every Sentinel has been asked in vain, and all may be slow. */
const MAX_PATIENCE = 16;

/**
 * The master that Sentinels agree on, by `@redis/client`. The library keeps commands while it looks for
 * a new master, so the loss of one is found out by the silence, not by an error. It does not tell of
 * the connection of its subscriptions: the bus has one of its own, to the master of the moment.
 *
 * It asks the Sentinels in the order given, whenever it looks for the master, waits for each without a
 * bound, and keeps commands meanwhile. So each connection asks another one first: whether a Sentinel
 * hangs as one connects or later, what is silent is given up for one that begins with the next.
 */
export function sentinelDriver(options: RedisSentinelOptions): StoreDriver {
  return {
    clustered: false,
    load: async (ports) => {
      const library = await loadRedisLibrary();
      let latest: Sentinel | undefined;
      const make = (sentinelRootNodes: RedisSentinelOptions['sentinelRootNodes']) =>
        (latest = library.sentinel(
          guardedSentinelOptions({ ...options, sentinelRootNodes }, ports),
        ));
      return {
        commands: dialMaster(make, options.sentinelRootNodes, ports),
        bus: dialServer(library, () => masterOptions(options, latest), ports),
        answerOf: library.answerOf,
      };
    },
  };
}

function dialMaster<Node>(
  make: (nodes: Node[]) => Sentinel,
  nodes: readonly Node[],
  { greetWithinMs }: LinkPorts,
): Dial<CommandConnection> {
  let dialled = 0;
  /** Connections that were given up since one was up. */
  let fruitless = 0;
  return (report) => {
    const first = dialled % nodes.length;
    const sentinel = make([...nodes.slice(first), ...nodes.slice(0, first)]);
    const rounds = Math.floor(fruitless / (nodes.length || 1));
    // A process or a network that only takes its time gets there in the end.
    const withinMs = Math.min(2 ** rounds, MAX_PATIENCE) * GREETINGS * greetWithinMs;
    dialled += 1;
    fruitless += 1;
    sentinel
      .on('ready', () => {
        fruitless = 0;
        report.up();
      })
      .on('topology-change', ({ type }: { type: string }) => {
        if (type === 'MASTER_CHANGE') report.moved();
      })
      // Of one of several Sentinels, or of a connection that is being made again.
      .on('error', () => undefined);
    const send = (args: readonly [string, ...(string | Buffer)[]]) =>
      known(sentinel).sendCommand(false, [...args]);
    return {
      connect: () => {
        report.expect(Math.min(withinMs, LONGEST_TIMER_MS));
        return sentinel.connect();
      },
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
    sentinelClientOptions: {
      maintNotifications: 'disabled',
      ...sentinelClientOptions,
      // What was given up waits for its Sentinel until this ends it: longer than giving it up takes.
      pingInterval: ports.greetWithinMs,
      socket: {
        ...sentinelClientOptions.socket,
        socketTimeout: Math.min(GREETINGS * ports.greetWithinMs, LONGEST_TIMER_MS),
      },
    },
  };
}
