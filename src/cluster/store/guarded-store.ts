import { answerKind, hasHashTag } from '../kernel/index.js';
import { CommandGate } from './command-gate.js';
import { describeStore } from './describe-store.js';
import type { RawStoreClient } from './raw-store-client.js';
import { StoreBus } from './store-bus.js';
import { resolveStoreGuardOptions, systemStorePorts } from './store-guard-options.js';
import type { StoreGuardOptions, StorePorts } from './store-guard-options.js';
import type {
  BusListener,
  Store,
  StoreDescription,
  StoreListener,
  StoreReply,
  StoreScript,
  StoreState,
} from './store.js';

/** A {@link Store} on any client library: what protects it is the same for all of them. */
export class GuardedStore implements Store {
  private readonly gate: CommandGate;
  private readonly bus: StoreBus;
  private readonly listeners = new Set<StoreListener>();
  private closed?: Promise<void>;

  constructor(
    private readonly raw: RawStoreClient,
    options?: StoreGuardOptions,
    ports: StorePorts = systemStorePorts,
  ) {
    const resolved = resolveStoreGuardOptions(options);
    this.gate = new CommandGate(
      raw,
      {
        ready: () => this.tell((listener) => listener.ready?.()),
        down: (reason) => this.tell((listener) => listener.down?.(reason)),
      },
      resolved,
      ports,
    );
    this.bus = new StoreBus(
      raw,
      {
        busRestored: () => this.tell((listener) => listener.busRestored?.()),
        busLost: (reason) => this.tell((listener) => listener.busLost?.(reason)),
        say: (channel) => this.publish(channel, ''),
      },
      resolved,
      ports,
    );
  }

  get state(): StoreState {
    return this.gate.state;
  }

  get hears(): boolean {
    return this.bus.isLive;
  }

  get downBecause(): string | undefined {
    return this.gate.downBecause;
  }

  /** Begins to connect; does not wait for the store, and does not fail without it. */
  async open(): Promise<void> {
    await this.raw.open({
      commandsUp: () => this.gate.connected(),
      commandsDown: (reason) => this.gate.disconnected(reason),
      busUp: () => this.bus.connected(),
      busDown: () => this.bus.disconnected(),
    });
    if (!this.closed) this.gate.open();
  }

  run(
    script: StoreScript,
    keys: readonly string[],
    args: readonly (string | number | Uint8Array)[],
  ): Promise<StoreReply> {
    const key = keys[0];
    const rest = [String(keys.length), ...keys, ...args.map(asArgument)];
    return this.submit(async () => {
      try {
        return (await this.raw.send({ args: ['EVALSHA', script.sha, ...rest], key })) as StoreReply;
      } catch (error) {
        const answer = this.raw.answerOf(error);
        if (answer === undefined || answerKind(answer) !== 'NOSCRIPT') throw error;
      }
      return (await this.raw.send({ args: ['EVAL', script.source, ...rest], key })) as StoreReply;
    });
  }

  publish(channel: string, message: string | Uint8Array): Promise<number> {
    const sharded = this.raw.clustered && hasHashTag(channel);
    return this.submit(() =>
      this.raw.send({
        args: [sharded ? 'SPUBLISH' : 'PUBLISH', channel, asArgument(message)],
        key: sharded ? channel : undefined,
      }),
    ) as Promise<number>;
  }

  subscribe(channel: string, listener: BusListener): Promise<void> {
    return this.bus.subscribe(channel, listener);
  }

  echo(channel: string): Promise<void> {
    return this.bus.echo(channel);
  }

  /** In a cluster only channels with a hash tag can be counted: of the others each server knows its own. */
  async subscribers(channels: readonly string[]): Promise<number[]> {
    if (channels.length === 0) return [];
    if (this.raw.clustered) {
      return Promise.all(channels.map((channel) => this.shardSubscribers(channel)));
    }
    const reply = await this.submit(() =>
      this.raw.send({ args: ['PUBSUB', 'NUMSUB', ...channels] }),
    );
    return countsOf(reply);
  }

  async channels(prefix: string): Promise<string[]> {
    if (this.raw.clustered) return [];
    const reply = await this.gate.submit(() =>
      this.raw.send({ args: ['PUBSUB', 'CHANNELS', `${prefix}*`] }),
    );
    return (reply as unknown[]).map(String);
  }

  listen(listener: StoreListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  describe(): Promise<StoreDescription> {
    return describeStore((args) => this.submit(() => this.raw.send({ args })));
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private shutDown(): Promise<void> {
    this.listeners.clear();
    this.gate.close();
    this.bus.close();
    return this.raw.close();
  }

  private async shardSubscribers(channel: string): Promise<number> {
    if (!hasHashTag(channel)) {
      throw new RangeError(`In a cluster only channels with a hash tag can be counted: ${channel}`);
    }
    const reply = await this.submit(() =>
      this.raw.send({ args: ['PUBSUB', 'SHARDNUMSUB', channel], key: channel }),
    );
    return countsOf(reply)[0] ?? 0;
  }

  /** Runs `start` in its turn, and tells how long the answer took where somebody wants to know. */
  private submit<T>(start: () => Promise<T>): Promise<T> {
    if (!this.isTimed) return this.gate.submit(start);
    return this.gate.submit(async () => {
      const sentAt = performance.now();
      const reply = await start();
      const ms = performance.now() - sentAt;
      this.tell((listener) => listener.answered?.(ms));
      return reply;
    });
  }

  private get isTimed(): boolean {
    for (const { answered } of this.listeners) if (answered) return true;
    return false;
  }

  private tell(what: (listener: StoreListener) => void): void {
    for (const listener of [...this.listeners]) what(listener);
  }
}

function asArgument(value: string | number | Uint8Array): string | Buffer {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return Buffer.isBuffer(value)
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Of a reply that names each channel and counts it. */
function countsOf(reply: unknown): number[] {
  return (reply as unknown[]).filter((_, index) => index % 2 === 1).map(Number);
}
