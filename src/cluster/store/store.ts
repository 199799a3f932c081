/** A script as the store runs it: addressed by its SHA-1, sent whole where the store does not know it. */
export interface StoreScript {
  /** For errors and metrics. */
  readonly name: string;
  readonly source: string;
  /** SHA-1 of {@link source}, in hexadecimal. */
  readonly sha: string;
}

/** What a script may answer: numbers, bytes, nothing, and lists of these. */
export type StoreReply = number | Buffer | null | readonly StoreReply[];

/**
 * `ready`: commands are answered. `down`: every command fails at once; whoever needs the store does
 * without it.
 */
export type StoreState = 'ready' | 'down';

/** A message of the bus. */
export type BusListener = (message: Buffer, channel: string) => void;

/**
 * The existing engine behind a cluster, as the protocol sees it: Redis or Valkey, by whichever client.
 * It never queues for a store that is away: {@link StoreUnavailableError} comes at once, and at the
 * latest when a hung store is found out.
 */
export interface Store {
  readonly state: StoreState;
  /** Whether messages arrive, as far as is known: subscribed, and no sign of silence since. */
  readonly hears: boolean;
  /** Why it is down, as of the last attempt, with nothing secret; left out by stores that do not tell. */
  readonly downBecause?: string | undefined;
  /** Runs a script atomically. @throws {@link StoreUnavailableError} · {@link StoreCommandError} */
  run(
    script: StoreScript,
    keys: readonly string[],
    args: readonly (string | number | Uint8Array)[],
  ): Promise<StoreReply>;
  publish(channel: string, message: string | Uint8Array): Promise<number>;
  /**
   * Subscribes for good: after each reconnection it is subscribed again before
   * {@link StoreListener.busRestored} is told.
   */
  subscribe(channel: string, listener: BusListener): Promise<void>;
  /**
   * Subscribes to a channel of this process alone, and says something there now and then: what does not
   * come back tells that messages do not arrive although the connection stands.
   */
  echo(channel: string): Promise<void>;
  /** How many subscribers each channel has, in the order asked. */
  subscribers(channels: readonly string[]): Promise<number[]>;
  /**
   * The channels that somebody listens on and that begin with `prefix`, of letters, digits, `:`, `{`, `_` and
   * `-`; none where no one server knows them all, as in a Redis Cluster. Left out by stores that do not tell.
   */
  channels?(prefix: string): Promise<string[]>;
  /** Hears of changes until the returned function is called. */
  listen(listener: StoreListener): () => void;
  /** Engine, version, mode and eviction policy, as far as the store tells. */
  describe(): Promise<StoreDescription>;
  close(): Promise<void>;
}

/** Hears what becomes of the connections to the store. */
export interface StoreListener {
  /** Commands are answered (again). */
  ready?(): void;
  /** Commands fail at once from now on. */
  down?(reason: string): void;
  /**
   * A command has been answered, so many milliseconds after it was sent. Not told by every store; nothing
   * is measured where no listener has it.
   */
  readonly answered?: ((ms: number) => void) | undefined;
  /** Messages may have been lost until now; they arrive from here on. */
  busRestored?(): void;
  /** Messages are not arriving; why, where it is not the connection that is gone. */
  busLost?(reason?: string): void;
}

/** What is known about the engine, for the log at start and for health. `machine`: the primary process of this one. */
export interface StoreDescription {
  readonly engine: 'redis' | 'valkey' | 'machine' | 'unknown';
  readonly version: string;
  readonly mode: 'standalone' | 'sentinel' | 'cluster' | 'unknown';
  /** `maxmemory-policy`, where it may be asked. */
  readonly evictionPolicy?: string;
}
