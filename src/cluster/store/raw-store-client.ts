import type { Cancel, Scheduler } from '../../ground/index.js';
import { resolveStoreGuardOptions } from './store-guard-options.js';
import type { StoreGuardOptions, StorePorts } from './store-guard-options.js';
import { StoreUnavailableError, failureReason } from '../kernel/index.js';

/** One command in the words of the store, and the key that says which of its servers has to run it. */
export interface RawCommand {
  readonly args: readonly [string, ...(string | Buffer)[]];
  /** Absent where any server will do. */
  readonly key?: string;
}

/** Hears what becomes of the two connections. */
export interface RawClientEvents {
  /** Commands may be sent (again). */
  commandsUp(): void;
  /** Commands that were on their way are lost. */
  commandsDown(reason: string): void;
  /** Subscriptions may be made (again). */
  busUp(): void;
  /** Messages are being lost. */
  busDown(): void;
}

/**
 * A client library as {@link GuardedStore} sees it: one connection for commands and one for the bus,
 * which are made again for as long as it takes. It keeps nothing for later: a command that cannot be
 * sent now rejects.
 */
export interface RawStoreClient {
  /** Whether keys are spread over several servers. */
  readonly clustered: boolean;
  /** Loads the library and begins to connect; does not wait for the store. */
  open(events: RawClientEvents): Promise<void>;
  /** The answer, strings as buffers. Rejects with what {@link answerOf} understands. */
  send(command: RawCommand): Promise<unknown>;
  /** Resolves when every server of the store has answered. */
  ping(): Promise<unknown>;
  /** Subscribes, or does nothing where it is subscribed. In a cluster, by hash tag to a shard channel. */
  subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown>;
  /** Resolves when the connection of the bus has answered. */
  pingBus(): Promise<unknown>;
  /** Gives the connection of the commands up, and makes another one. */
  resetCommands(): void;
  /** Gives the connection of the bus up, and makes another one. */
  resetBus(): void;
  /** Gives both up, for good. */
  close(): Promise<void>;
  /** What the store has answered, if `error` is an answer and not a failure to get one. */
  answerOf(error: unknown): string | undefined;
}

/** What a connection needs of the process, and of the settings of the guard. */
export interface LinkPorts {
  readonly scheduler: Scheduler;
  /** Milliseconds until the next attempt to connect. */
  readonly retryMs: () => number;
  /** Milliseconds after which a connection that is open but does not greet is given up. */
  readonly greetWithinMs: number;
}

/** A connection as a client library makes it; the library makes it again by itself when it is lost. */
export interface Connection {
  /** Rejects when the library has given up. */
  connect(): Promise<unknown>;
  /** Gives up whatever there is of it. */
  end(): unknown;
}

export type CommandConnection = Connection & Pick<RawStoreClient, 'send' | 'ping'>;
export type BusConnection = Connection & Pick<RawStoreClient, 'subscribe' | 'pingBus'>;

/** Where a connection tells what becomes of it. Once it was given up, nobody listens. */
export interface ConnectionReport {
  /** It has so many milliseconds to be up; then another one takes its place. */
  readonly expect: (withinMs: number) => void;
  readonly up: () => void;
  /** It is gone, and nothing is expected of it until it is made again. */
  readonly lost: (error: unknown) => void;
  /** A part of it is gone. */
  readonly down: (error: unknown) => void;
  /** It leads somewhere else than it did, where the bus has to follow. */
  readonly moved: () => void;
}

/** Makes a connection that has not begun to connect. Throws where there is nothing to connect to. */
export type Dial<Made extends Connection> = (report: ConnectionReport) => Made;

/** A client library, and where it is to connect to. */
export interface StoreDriver {
  readonly clustered: boolean;
  /** Loads the library. */
  load(ports: LinkPorts): Promise<LoadedDriver>;
}

/** How a library connects: once for the commands and once for the bus, or once for both. */
export type LoadedDriver = Pick<RawStoreClient, 'answerOf'> &
  (
    | { readonly commands: Dial<CommandConnection>; readonly bus: Dial<BusConnection> }
    | { readonly both: Dial<CommandConnection & BusConnection> }
  );

interface LinkListener {
  up(): void;
  down(reason: string): void;
}

/** One connection that is made again for as long as it takes, and that can be given up for another. */
class StoreLink<Made extends Connection> {
  private connection?: Made;
  private cancelDeadline?: Cancel;
  private cancelRetry?: Cancel;
  private attempt = 0;

  constructor(
    private readonly dial: Dial<Made>,
    private readonly ports: LinkPorts,
    private readonly listeners: readonly LinkListener[],
    private readonly moved: () => void = () => undefined,
  ) {}

  get current(): Made {
    if (!this.connection) throw new StoreUnavailableError('not connected');
    return this.connection;
  }

  open(): void {
    this.attempt += 1;
    const { attempt } = this;
    const failed = (error: unknown) => {
      if (attempt === this.attempt) this.failed(error);
    };
    try {
      this.connection = this.dial(this.reportOf(attempt));
      this.connection.connect().catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  reset(): void {
    void this.close();
    this.open();
  }

  async close(): Promise<void> {
    this.attempt += 1;
    this.cancelDeadline?.();
    this.cancelRetry?.();
    const { connection } = this;
    this.connection = undefined;
    await connection?.end();
  }

  private reportOf(attempt: number): ConnectionReport {
    const ifCurrent =
      <Args extends unknown[]>(then: (...args: Args) => void) =>
      (...args: Args) => {
        if (attempt === this.attempt) then(...args);
      };
    return {
      expect: ifCurrent((withinMs: number) => this.expect(withinMs)),
      up: ifCurrent(() => {
        this.cancelDeadline?.();
        for (const listener of this.listeners) listener.up();
      }),
      lost: ifCurrent((error: unknown) => {
        this.cancelDeadline?.();
        this.down(error);
      }),
      down: ifCurrent((error: unknown) => this.down(error)),
      moved: ifCurrent(this.moved),
    };
  }

  private expect(withinMs: number): void {
    this.cancelDeadline?.();
    this.cancelDeadline = this.ports.scheduler.schedule(() => {
      this.down('it does not answer a new connection');
      this.reset();
    }, withinMs);
  }

  /** The library does not try again: it has given up, or there was nothing to connect to. */
  private failed(error: unknown): void {
    this.cancelDeadline?.();
    this.down(error);
    this.cancelRetry = this.ports.scheduler.schedule(() => this.reset(), this.ports.retryMs());
  }

  private down(error: unknown): void {
    for (const listener of this.listeners) listener.down(failureReason(error));
  }
}

/** The store by any {@link StoreDriver}. */
export class LinkedClient implements RawStoreClient {
  readonly clustered: boolean;
  private readonly ports: LinkPorts;
  private loaded?: LoadedDriver;
  private commands?: StoreLink<CommandConnection>;
  private bus?: StoreLink<BusConnection>;
  private closed = false;

  constructor(
    private readonly driver: StoreDriver,
    options: StoreGuardOptions | undefined,
    { scheduler, random }: StorePorts,
  ) {
    this.clustered = driver.clustered;
    const { retryMs, reconnectAfterMs } = resolveStoreGuardOptions(options);
    const [shortest, longest] = retryMs;
    this.ports = {
      scheduler,
      retryMs: () => Math.round(shortest + random() * (longest - shortest)),
      greetWithinMs: reconnectAfterMs,
    };
  }

  async open(events: RawClientEvents): Promise<void> {
    const { ports } = this;
    const loaded = await this.driver.load(ports);
    if (this.closed) return;
    this.loaded = loaded;
    const commands = {
      up: () => events.commandsUp(),
      down: (reason: string) => events.commandsDown(reason),
    };
    const bus = { up: () => events.busUp(), down: () => events.busDown() };
    if ('both' in loaded) {
      const link = new StoreLink(loaded.both, ports, [commands, bus]);
      this.commands = this.bus = link;
      link.open();
      return;
    }
    const follow = () => {
      events.busDown();
      this.resetBus();
    };
    this.commands = new StoreLink(loaded.commands, ports, [commands], follow);
    this.bus = new StoreLink(loaded.bus, ports, [bus]);
    this.commands.open();
    this.bus.open();
  }

  async send(command: RawCommand): Promise<unknown> {
    return connected(this.commands).send(command);
  }

  async ping(): Promise<unknown> {
    return connected(this.commands).ping();
  }

  async subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown> {
    return connected(this.bus).subscribe(channel, onMessage);
  }

  async pingBus(): Promise<unknown> {
    return connected(this.bus).pingBus();
  }

  resetCommands(): void {
    this.commands?.reset();
  }

  resetBus(): void {
    this.bus?.reset();
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([this.bus?.close(), this.commands?.close()]);
  }

  answerOf(error: unknown): string | undefined {
    return this.loaded?.answerOf(error);
  }
}

function connected<Made extends Connection>(link: StoreLink<Made> | undefined): Made {
  if (!link) throw new StoreUnavailableError('not connected');
  return link.current;
}
