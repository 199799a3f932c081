import { StoreUnavailableError } from '../kernel/index.js';
import type {
  BusListener,
  Store,
  StoreDescription,
  StoreListener,
  StoreReply,
  StoreScript,
  StoreState,
} from '../store/store.js';
import { runMachineFunction } from '../machine/machine-functions.js';
import type { FakeRedis } from './fake-redis.js';

interface Command {
  readonly name: string;
  readonly run: () => unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A connection to a {@link FakeRedis}: at once, or step by step as the test says. Commands of one
 * connection arrive, and are answered, in the order in which they were sent.
 */
export class FakeStore implements Store {
  /** Commands and messages wait for {@link deliver} and {@link hear}, if set. */
  stepped = false;
  /** Names of all commands that reached the store. */
  readonly ran: string[] = [];
  private isReady = true;
  private busLive = true;
  private sent: Command[] = [];
  private answered: (() => void)[] = [];
  private messages: (() => void)[] = [];
  private readonly subscriptions = new Map<string, BusListener>();
  private unsubscribes: (() => void)[] = [];
  private readonly listeners = new Set<StoreListener>();
  private readonly unanswered = new Set<Command>();

  constructor(readonly redis: FakeRedis) {}

  get state(): StoreState {
    return this.isReady ? 'ready' : 'down';
  }

  get hears(): boolean {
    return this.busLive;
  }

  /** Commands on their way to the store, by name. */
  get onTheWay(): readonly string[] {
    return this.sent.map((command) => command.name);
  }

  /** Answers on their way back. */
  get answers(): number {
    return this.answered.length;
  }

  /** Messages that have not arrived. */
  get unheard(): number {
    return this.messages.length;
  }

  /** The oldest command reaches the store, which runs it; its answer is on the way. */
  deliver(): void {
    const command = this.sent.shift();
    if (!command) return;
    this.ran.push(command.name);
    try {
      const reply = command.run();
      this.answered.push(() => command.resolve(reply));
    } catch (error) {
      this.answered.push(() => command.reject(error));
    }
  }

  /** The oldest answer arrives. */
  answer(): void {
    this.answered.shift()?.();
  }

  /** The oldest message arrives. */
  hear(): void {
    this.messages.shift()?.();
  }

  /** The oldest message is lost. */
  loseMessage(): void {
    this.messages.shift();
  }

  /** The connection of the commands is gone, with all commands and answers that were on their way. */
  disconnect(reason = 'the connection was lost', lost: 'commands' | 'answers' = 'commands'): void {
    if (lost === 'answers') while (this.sent.length > 0) this.deliver();
    const gone = this.sent;
    this.sent = [];
    this.answered = [];
    this.isReady = false;
    this.tell((listener) => listener.down?.(reason));
    for (const command of [...gone, ...this.unanswered]) {
      command.reject(new StoreUnavailableError(reason));
    }
    this.unanswered.clear();
  }

  reconnect(): void {
    this.isReady = true;
    this.tell((listener) => listener.ready?.());
  }

  /** The connection of the bus is gone, with all messages that were on their way. */
  loseBus(): void {
    this.busLive = false;
    this.messages = [];
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    this.unsubscribes = [];
    this.tell((listener) => listener.busLost?.());
  }

  restoreBus(): void {
    this.busLive = true;
    for (const [channel, listener] of this.subscriptions) this.attach(channel, listener);
    this.tell((listener) => listener.busRestored?.());
  }

  /** The process at this end dies. */
  die(): void {
    this.sent = [];
    this.answered = [];
    this.unanswered.clear();
    this.listeners.clear();
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    this.messages = [];
    this.isReady = false;
  }

  run(
    script: StoreScript,
    keys: readonly string[],
    args: readonly (string | number | Uint8Array)[],
  ): Promise<StoreReply> {
    return this.send(script.name, () =>
      runMachineFunction(this.redis, script.sha, keys, args),
    ) as Promise<StoreReply>;
  }

  publish(channel: string, message: string | Uint8Array): Promise<number> {
    return this.send('publish-message', () =>
      this.redis.publish(channel, Buffer.from(message).toString()),
    ) as Promise<number>;
  }

  subscribe(channel: string, listener: BusListener): Promise<void> {
    this.subscriptions.set(channel, listener);
    if (this.busLive) this.attach(channel, listener);
    return Promise.resolve();
  }

  echo(channel: string): Promise<void> {
    return this.subscribe(channel, () => undefined);
  }

  subscribers(channels: readonly string[]): Promise<number[]> {
    return this.send('subscribers', () =>
      channels.map((channel) => this.redis.subscribers(channel)),
    ) as Promise<number[]>;
  }

  listen(listener: StoreListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  describe(): Promise<StoreDescription> {
    return Promise.resolve({ engine: 'unknown', version: '0', mode: 'standalone' });
  }

  close(): Promise<void> {
    this.die();
    return Promise.resolve();
  }

  private send(name: string, run: () => unknown): Promise<unknown> {
    if (!this.isReady) return Promise.reject(new StoreUnavailableError('it is away'));
    return new Promise((resolve, reject) => {
      const command: Command = {
        name,
        run,
        resolve: (reply) => {
          this.unanswered.delete(command);
          resolve(reply);
        },
        reject: (error) => {
          this.unanswered.delete(command);
          reject(error);
        },
      };
      this.unanswered.add(command);
      this.sent.push(command);
      if (this.stepped) return;
      this.deliver();
      this.answer();
    });
  }

  private attach(channel: string, listener: BusListener): void {
    const unsubscribe = this.redis.subscribe(channel, (message) => {
      if (this.stepped) this.messages.push(() => listener(message, channel));
      else listener(message, channel);
    });
    this.unsubscribes.push(unsubscribe);
  }

  private tell(what: (listener: StoreListener) => void): void {
    for (const listener of [...this.listeners]) what(listener);
  }
}
