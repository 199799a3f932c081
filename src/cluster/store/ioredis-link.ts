import type { Cancel } from '../../clock/index.js';
import { failureReason } from './failure-reason.js';
import type { IoredisConnection } from './ioredis-connection.interface.js';
import type { ConnectionEvents } from './redis-connection.js';
import type { RedisClientPorts } from './redis-client-ports.js';

/** Milliseconds that a connection which was given up may take to say goodbye. */
const GOODBYE_MS = 100;

/** One connection of its own, with the address and the credentials of the user's. */
export class IoredisLink {
  client?: IoredisConnection;
  private reason = 'the connection was lost';
  private cancelGreeting?: Cancel;
  private attempt = 0;

  constructor(
    private readonly source: IoredisConnection,
    private readonly ports: RedisClientPorts,
    private readonly events: ConnectionEvents,
    /** Bytes of a message, wherever the connection is subscribed. */
    private readonly onMessage: (channel: Buffer, message: Buffer) => void = () => undefined,
  ) {}

  open(): void {
    this.attempt += 1;
    const attempt = this.attempt;
    const ifCurrent =
      <Args extends unknown[]>(then: (...args: Args) => void) =>
      (...args: Args) => {
        if (attempt === this.attempt) then(...args);
      };
    const client = this.source.duplicate(this.overrides());
    this.client = client;
    client.on(
      'connect',
      ifCurrent(() => this.expectGreeting()),
    );
    client.on(
      'ready',
      ifCurrent(() => {
        this.cancelGreeting?.();
        this.events.up();
      }),
    );
    client.on(
      'error',
      ifCurrent((error: unknown) => {
        this.reason = failureReason(error);
      }),
    );
    client.on(
      'close',
      ifCurrent(() => {
        this.cancelGreeting?.();
        this.events.down(this.reason);
      }),
    );
    client.on('messageBuffer', ifCurrent(this.onMessage));
    // It goes on trying by itself.
    client.connect().catch(() => undefined);
  }

  reset(): void {
    this.close();
    this.open();
  }

  close(): void {
    this.attempt += 1;
    this.cancelGreeting?.();
    this.client?.disconnect();
    this.client = undefined;
  }

  private expectGreeting(): void {
    this.cancelGreeting?.();
    this.cancelGreeting = this.ports.scheduler.schedule(() => {
      this.events.down('it does not answer a new connection');
      this.reset();
    }, this.ports.greetWithinMs);
  }

  /** What the guard of the store depends on, and what would change keys and answers. */
  private overrides(): object {
    return {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      retryStrategy: this.ports.retryMs,
      sentinelRetryStrategy: this.ports.retryMs,
      // One that hangs would keep all the others from being asked.
      sentinelCommandTimeout: this.ports.greetWithinMs,
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
}
