import type { RedisClusterOptions } from '@redis/client';
import type { Cancel } from '../../clock/index.js';
import { keySlot } from '../kernel/index.js';
import { failureReason } from './failure-reason.js';
import type { RawClientEvents, RawCommand, RawStoreClient } from './raw-store-client.js';
import { guardedClientOptions } from './redis-client-options.js';
import type { RedisClientPorts } from './redis-client-ports.js';
import { loadRedisLibrary } from './redis-library.js';
import type { RedisLibrary } from './redis-library.js';
import { isShardChannel } from './shard-channel.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

type Cluster = ReturnType<RedisLibrary['cluster']>;

/** How soon the cluster is asked for its new shape when one of its servers is away, in milliseconds. */
const REFRESH_AFTER_MS = 200;

/**
 * A cluster of servers, by `@redis/client`. It counts as one store: while one of its masters is away
 * the store is down, since no key's fate can be told apart from another's.
 */
export class RedisClusterClient implements RawStoreClient {
  readonly clustered = true;
  private library?: RedisLibrary;
  private events?: RawClientEvents;
  private cluster?: Cluster;
  private cancelNext?: Cancel;
  private attempt = 0;

  constructor(
    private readonly options: RedisClusterOptions,
    private readonly ports: RedisClientPorts,
  ) {}

  async open(events: RawClientEvents): Promise<void> {
    const attempt = this.attempt;
    this.library = await loadRedisLibrary();
    this.events = events;
    if (attempt === this.attempt) this.connect(events, this.library);
  }

  async send({ args, key }: RawCommand): Promise<unknown> {
    const cluster = this.current();
    // The library takes any server for it, and each server counts its own subscribers alone.
    if (args[0] === 'PUBSUB' && key !== undefined) {
      const shard = cluster.slots[keySlot(key)];
      if (!shard) throw new StoreUnavailableError(`no server has the slot of ${key}`);
      return (await cluster.nodeClient(shard.master)).sendCommand([...args]);
    }
    return cluster.sendCommand(key, false, [...args]);
  }

  async ping(): Promise<unknown> {
    const cluster = this.current();
    const pings = cluster.masters.map(async (node) =>
      (await cluster.nodeClient(node)).sendCommand(['PING']),
    );
    return Promise.all(pings);
  }

  async subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown> {
    const cluster = this.current();
    return isShardChannel(channel)
      ? cluster.sSubscribe(channel, onMessage, true)
      : cluster.subscribe(channel, onMessage, true);
  }

  async pingBus(): Promise<unknown> {
    const { masters, pubSubNode } = this.current();
    const nodes = [pubSubNode, ...masters.map((node) => node.pubSub)];
    const pings = nodes.flatMap((node) => (node ? [node.client.sendCommand(['PING'])] : []));
    return Promise.all(pings);
  }

  resetCommands(): void {
    if (this.events && this.library) this.connect(this.events, this.library);
  }

  /** The library has one object for both. */
  resetBus(): void {
    this.resetCommands();
  }

  close(): Promise<void> {
    this.giveUp();
    return Promise.resolve();
  }

  answerOf(error: unknown): string | undefined {
    return this.library?.answerOf(error);
  }

  private current(): Cluster {
    if (!this.cluster?.isReady) throw new StoreUnavailableError('not connected');
    return this.cluster;
  }

  private giveUp(): void {
    this.attempt += 1;
    this.cancelNext?.();
    const cluster = this.cluster;
    this.cluster = undefined;
    if (cluster?.isOpen) cluster.destroy();
  }

  private connect(events: RawClientEvents, library: RedisLibrary): void {
    this.giveUp();
    const attempt = this.attempt;
    const cluster = library.cluster(this.guardedOptions());
    this.cluster = cluster;
    const ifCurrent =
      <Args extends unknown[]>(then: (...args: Args) => void) =>
      (...args: Args) => {
        if (attempt === this.attempt) then(...args);
      };
    const down = ifCurrent((error: unknown) => {
      events.commandsDown(failureReason(error));
      // Of which of its connections the library does not tell.
      events.busDown();
    });
    const up = ifCurrent(() => {
      if (!cluster.isReady) return;
      events.commandsUp();
      events.busUp();
    });
    const again = ifCurrent(() => this.connect(events, library));
    cluster.on('error', down).on('node-error', down).on('node-ready', up);
    this.cancelNext = this.ports.scheduler.schedule(again, this.ports.greetWithinMs);
    cluster.connect().then(
      () => {
        if (attempt !== this.attempt) return;
        this.cancelNext?.();
        up();
      },
      (error: unknown) => {
        if (attempt !== this.attempt) return;
        this.cancelNext?.();
        down(error);
        this.cancelNext = this.ports.scheduler.schedule(again, this.ports.retryMs());
      },
    );
  }

  private guardedOptions(): RedisClusterOptions {
    const { rootNodes, defaults = {}, ...rest } = this.options;
    return {
      topologyRefreshOnReconnectionAttemptStrategy: REFRESH_AFTER_MS,
      ...rest,
      rootNodes: rootNodes.map((node) => ({ ...node, socket: { ...node.socket } })),
      defaults: guardedClientOptions(defaults, this.ports.retryMs),
    };
  }
}
