import type { RedisClientOptions } from '@redis/client';
import { guardedClientOptions } from './redis-client-options.js';
import type { RedisClientPorts } from './redis-client-ports.js';
import { RedisConnection } from './redis-connection.js';
import type { RawClientEvents, RawCommand, RawStoreClient } from './raw-store-client.js';
import { loadRedisLibrary } from './redis-library.js';
import type { RedisLibrary } from './redis-library.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

/** One server, by `@redis/client`: a connection for commands and one for the bus. */
export class RedisSingleClient implements RawStoreClient {
  readonly clustered = false;
  private library?: RedisLibrary;
  private commands?: RedisConnection;
  private bus?: RedisConnection;
  private closed = false;

  constructor(
    private readonly options: RedisClientOptions,
    private readonly ports: RedisClientPorts,
  ) {}

  async open(events: RawClientEvents): Promise<void> {
    const library = await loadRedisLibrary();
    if (this.closed) return;
    this.library = library;
    const recipe = {
      ...this.ports,
      make: () => library.single(guardedClientOptions(this.options, this.ports.retryMs)),
    };
    this.commands = new RedisConnection(recipe, {
      up: () => events.commandsUp(),
      down: (reason) => events.commandsDown(reason),
    });
    this.bus = new RedisConnection(recipe, {
      up: () => events.busUp(),
      down: () => events.busDown(),
    });
    this.commands.open();
    this.bus.open();
  }

  async send({ args }: RawCommand): Promise<unknown> {
    return clientOf(this.commands).sendCommand(args);
  }

  async ping(): Promise<unknown> {
    return clientOf(this.commands).sendCommand(['PING']);
  }

  async subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown> {
    return clientOf(this.bus).subscribe(channel, onMessage, true);
  }

  async pingBus(): Promise<unknown> {
    return clientOf(this.bus).sendCommand(['PING']);
  }

  resetCommands(): void {
    this.commands?.reset();
  }

  resetBus(): void {
    this.bus?.reset();
  }

  close(): Promise<void> {
    this.closed = true;
    this.commands?.close();
    this.bus?.close();
    return Promise.resolve();
  }

  answerOf(error: unknown): string | undefined {
    return this.library?.answerOf(error);
  }
}

function clientOf(connection: RedisConnection | undefined) {
  if (!connection?.client) throw new StoreUnavailableError('not connected');
  return connection.client;
}
