import { objectWith } from '../../ground/index.js';
import { GuardedStore } from './guarded-store.js';
import { LinkedClient } from './raw-store-client.js';
import type {
  BusConnection,
  CommandConnection,
  Dial,
  LinkPorts,
  StoreDriver,
} from './raw-store-client.js';
import { systemStorePorts } from './store-guard-options.js';
import type { StoreGuardOptions, StorePorts } from './store-guard-options.js';

/**
 * What of an ioredis 6 connection is used: `new Redis(…)`, to one server or by Sentinels. By structure,
 * so that nobody needs ioredis who does not bring it.
 */
export interface IoredisConnection {
  readonly isCluster: boolean;
  duplicate(override?: object): IoredisConnection;
  connect(): Promise<void>;
  disconnect(): void;
  callBuffer(command: string, ...args: (string | Buffer)[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

const A_CONNECTION = objectWith('duplicate', 'connect', 'disconnect', 'on');

/** Milliseconds that a connection which was given up may take to say goodbye. */
const GOODBYE_MS = 100;

/**
 * Redis or Valkey, by the ioredis of the application. Takes the address, the credentials and the TLS
 * settings of `connection` for two connections of its own, which it closes; `connection` itself it
 * leaves alone, whose queues and retries would keep commands for a store that is away.
 * @throws TypeError for an ioredis `Cluster`: a cluster is reached by {@link RedisStore}; for what is no
 * connection, InvalidOptionError
 * @example
 * const store = new IoredisStore(new Redis('redis://localhost:6379'));
 * await store.open();
 */
export class IoredisStore extends GuardedStore {
  constructor(
    connection: IoredisConnection,
    options?: StoreGuardOptions,
    ports: StorePorts = systemStorePorts,
  ) {
    if ((connection as IoredisConnection | undefined)?.isCluster) {
      throw new TypeError(
        'An ioredis Cluster cannot be the store; give the address of the cluster.',
      );
    }
    A_CONNECTION.check(connection, 'IoredisStore', 'connection');
    super(new LinkedClient(ioredisDriver(connection), options, ports), options, ports);
  }
}

/** One server, by the ioredis of the user. */
function ioredisDriver(source: IoredisConnection): StoreDriver {
  return {
    clustered: false,
    load: (ports) => {
      const dial = dialLike(source, ports);
      return Promise.resolve({
        commands: dial,
        bus: dial,
        answerOf: (error) =>
          error instanceof Error && error.name === 'ReplyError' ? error.message : undefined,
      });
    },
  };
}

/** A connection of its own, with the address and the credentials of the user's. */
function dialLike(
  source: IoredisConnection,
  ports: LinkPorts,
): Dial<CommandConnection & BusConnection> {
  return (report) => {
    const client = source.duplicate(overrides(ports));
    const deliver = new Map<string, (message: Buffer) => void>();
    let trouble: unknown = 'the connection was lost';
    client.on('connect', () => report.expect(ports.greetWithinMs));
    client.on('ready', report.up);
    client.on('error', (error: unknown) => (trouble = error));
    client.on('close', () => report.lost(trouble));
    client.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      deliver.get(channel.toString())?.(message),
    );
    const ping = () => client.callBuffer('PING');
    return {
      // It goes on trying by itself.
      connect: () => client.connect().catch(() => undefined),
      send: ({ args: [command, ...args] }) => client.callBuffer(command, ...args),
      ping,
      subscribe: (channel, onMessage) => {
        deliver.set(channel, onMessage);
        return client.subscribe(channel);
      },
      pingBus: ping,
      end: () => {
        deliver.clear();
        client.disconnect();
      },
    };
  };
}

/** What the guard of the store depends on, and what would change keys and answers. */
function overrides({ retryMs, greetWithinMs }: LinkPorts): object {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retryMs,
    sentinelRetryStrategy: retryMs,
    // One that hangs would keep all the others from being asked.
    sentinelCommandTimeout: greetWithinMs,
    reconnectOnError: null,
    commandTimeout: undefined,
    socketTimeout: undefined,
    disconnectTimeout: GOODBYE_MS,
    // Asks for `INFO`, which the store's user need not be allowed; the first ping finds out as much.
    enableReadyCheck: false,
    enableAutoPipelining: false,
    readOnly: false,
    stringNumbers: false,
    replyMapping: 'legacy',
    keyPrefix: '',
  };
}
