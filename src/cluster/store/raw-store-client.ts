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
