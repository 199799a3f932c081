import type { RedisClientOptions, RedisSentinelOptions } from '@redis/client';
import type { Cancel } from '../../clock/index.js';
import { failureReason } from './failure-reason.js';
import type { RawClientEvents, RawCommand, RawStoreClient } from './raw-store-client.js';
import { guardedClientOptions } from './redis-client-options.js';
import type { RedisClientPorts } from './redis-client-ports.js';
import { RedisConnection } from './redis-connection.js';
import { loadRedisLibrary } from './redis-library.js';
import type { RedisLibrary } from './redis-library.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

type Sentinel = ReturnType<RedisLibrary['sentinel']>;

/**
 * The master that Sentinels agree on, by `@redis/client`. The library keeps commands while it looks for
 * a new master, so the loss of one is found out by the silence, not by an error. It does not tell of
 * the connection of its subscriptions: the bus has one of its own, to the master of the moment.
 */
export class RedisSentinelClient implements RawStoreClient {
  readonly clustered = false;
  private library?: RedisLibrary;
  private events?: RawClientEvents;
  private sentinel?: Sentinel;
  private bus?: RedisConnection;
  private cancelNext?: Cancel;
  private attempt = 0;

  constructor(
    private readonly options: RedisSentinelOptions,
    private readonly ports: RedisClientPorts,
  ) {}

  async open(events: RawClientEvents): Promise<void> {
    const attempt = this.attempt;
    const library = await loadRedisLibrary();
    if (attempt !== this.attempt) return;
    this.library = library;
    this.events = events;
    this.bus = new RedisConnection(
      { ...this.ports, make: () => library.single(this.busOptions()) },
      { up: () => events.busUp(), down: () => events.busDown() },
    );
    this.connect(events, library);
    this.bus.open();
  }

  async send({ args }: RawCommand): Promise<unknown> {
    return this.current().sendCommand(false, [...args]);
  }

  async ping(): Promise<unknown> {
    return this.current().sendCommand(false, ['PING']);
  }

  async subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown> {
    return this.busClient().subscribe(channel, onMessage, true);
  }

  async pingBus(): Promise<unknown> {
    return this.busClient().sendCommand(['PING']);
  }

  resetCommands(): void {
    if (this.events && this.library) this.connect(this.events, this.library);
  }

  resetBus(): void {
    this.bus?.reset();
  }

  async close(): Promise<void> {
    this.bus?.close();
    await this.giveUp();
  }

  answerOf(error: unknown): string | undefined {
    return this.library?.answerOf(error);
  }

  private current(): Sentinel {
    if (!this.sentinel?.isReady) throw new StoreUnavailableError('no master is known');
    return this.sentinel;
  }

  private busClient() {
    if (!this.bus?.client) throw new StoreUnavailableError('no master is known');
    return this.bus.client;
  }

  private async giveUp(): Promise<void> {
    this.attempt += 1;
    this.cancelNext?.();
    const sentinel = this.sentinel;
    this.sentinel = undefined;
    if (sentinel?.isOpen) await sentinel.destroy();
  }

  private connect(events: RawClientEvents, library: RedisLibrary): void {
    void this.giveUp();
    const attempt = this.attempt;
    const sentinel = library.sentinel(this.guardedOptions());
    this.sentinel = sentinel;
    sentinel
      .on('ready', () => {
        if (attempt === this.attempt) events.commandsUp();
      })
      .on('topology-change', ({ type }: { type: string }) => {
        if (attempt === this.attempt && type === 'MASTER_CHANGE') this.followMaster();
      })
      // Of one of several Sentinels, or of a connection that is being made again.
      .on('error', () => undefined);
    sentinel.connect().then(
      () => {
        if (attempt === this.attempt) events.commandsUp();
      },
      (error: unknown) => {
        if (attempt !== this.attempt) return;
        events.commandsDown(failureReason(error));
        const again = () => this.connect(events, library);
        this.cancelNext = this.ports.scheduler.schedule(again, this.ports.retryMs());
      },
    );
  }

  private followMaster(): void {
    this.events?.busDown();
    this.bus?.reset();
  }

  private guardedOptions(): RedisSentinelOptions {
    const { nodeClientOptions = {}, sentinelClientOptions = {}, ...rest } = this.options;
    const { retryMs } = this.ports;
    return {
      scanInterval: 1_000,
      ...rest,
      nodeClientOptions: guardedClientOptions(nodeClientOptions, retryMs),
      sentinelClientOptions: { maintNotifications: 'disabled', ...sentinelClientOptions },
    };
  }

  /** The master of the moment; rejected by the connection as long as none is known. */
  private busOptions(): RedisClientOptions {
    const node = this.current().getMasterNode();
    if (!node) throw new StoreUnavailableError('no master is known');
    const { nodeClientOptions = {} } = this.options;
    const { host, port } = node;
    return guardedClientOptions(
      { ...nodeClientOptions, socket: { ...nodeClientOptions.socket, host, port } },
      this.ports.retryMs,
    );
  }
}
