import type { IoredisConnection } from './ioredis-connection.interface.js';
import { IoredisLink } from './ioredis-link.js';
import type { RawClientEvents, RawCommand, RawStoreClient } from './raw-store-client.js';
import type { RedisClientPorts } from './redis-client-ports.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

/** One server, by the ioredis of the user. */
export class IoredisClient implements RawStoreClient {
  readonly clustered = false;
  private commands?: IoredisLink;
  private bus?: IoredisLink;
  private closed = false;
  private readonly deliver = new Map<string, (message: Buffer) => void>();

  constructor(
    private readonly source: IoredisConnection,
    private readonly ports: RedisClientPorts,
  ) {}

  open(events: RawClientEvents): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.commands = new IoredisLink(this.source, this.ports, {
      up: () => events.commandsUp(),
      down: (reason) => events.commandsDown(reason),
    });
    this.bus = new IoredisLink(
      this.source,
      this.ports,
      { up: () => events.busUp(), down: () => events.busDown() },
      (channel, message) => this.deliver.get(channel.toString())?.(message),
    );
    this.commands.open();
    this.bus.open();
    return Promise.resolve();
  }

  async send({ args: [command, ...args] }: RawCommand): Promise<unknown> {
    return clientOf(this.commands).callBuffer(command, ...args);
  }

  async ping(): Promise<unknown> {
    return clientOf(this.commands).callBuffer('PING');
  }

  async subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown> {
    const client = clientOf(this.bus);
    this.deliver.set(channel, onMessage);
    return client.subscribe(channel);
  }

  async pingBus(): Promise<unknown> {
    return clientOf(this.bus).callBuffer('PING');
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
    return error instanceof Error && error.name === 'ReplyError' ? error.message : undefined;
  }
}

function clientOf(link: IoredisLink | undefined): IoredisConnection {
  if (!link?.client) throw new StoreUnavailableError('not connected');
  return link.client;
}
