import type { Cancel } from '../../clock/index.js';
import { failureReason } from './failure-reason.js';
import type { RedisClientPorts } from './redis-client-ports.js';
import type { RedisLibrary } from './redis-library.js';

type Client = ReturnType<RedisLibrary['single']>;

/** Hears of one connection. */
export interface ConnectionEvents {
  up(): void;
  down(reason: string): void;
}

/** How a connection is made. */
export interface ConnectionRecipe extends RedisClientPorts {
  /** A client that has not connected; anew for each connection. */
  make(): Client | Promise<Client>;
}

/** One connection that is made again for as long as it takes, and that can be given up for another. */
export class RedisConnection {
  client?: Client;
  private cancelGreeting?: Cancel;
  private cancelRetry?: Cancel;
  private attempt = 0;

  constructor(
    private readonly recipe: ConnectionRecipe,
    private readonly events: ConnectionEvents,
  ) {}

  open(): void {
    this.attempt += 1;
    void this.connect(this.attempt);
  }

  reset(): void {
    this.close();
    this.open();
  }

  close(): void {
    this.attempt += 1;
    this.cancelGreeting?.();
    this.cancelRetry?.();
    const client = this.client;
    this.client = undefined;
    if (client?.isOpen) client.destroy();
  }

  private async connect(attempt: number): Promise<void> {
    const current = () => attempt === this.attempt;
    try {
      const client = await this.recipe.make();
      if (!current()) return;
      this.client = client;
      client
        .on('connect', () => {
          if (current()) this.expectGreeting();
        })
        .on('ready', () => {
          if (!current()) return;
          this.cancelGreeting?.();
          this.events.up();
        })
        // Stays after the client was given up: an error that nobody listens to ends the process.
        .on('error', (error: unknown) => {
          if (current() && !client.isReady) this.events.down(failureReason(error));
        });
      await client.connect();
    } catch (error) {
      if (!current()) return;
      // The library tries again by itself; here it has given up, or there was nothing to connect to.
      this.events.down(failureReason(error));
      this.cancelRetry = this.recipe.scheduler.schedule(() => this.reset(), this.recipe.retryMs());
    }
  }

  private expectGreeting(): void {
    this.cancelGreeting?.();
    this.cancelGreeting = this.recipe.scheduler.schedule(() => {
      this.events.down('it does not answer a new connection');
      this.reset();
    }, this.recipe.greetWithinMs);
  }
}
