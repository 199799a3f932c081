import type { Cancel } from '../../clock/index.js';
import type { RawStoreClient } from './raw-store-client.js';
import { answeredError } from './store-answer.js';
import type { ResolvedStoreGuardOptions } from './store-guard-options.interface.js';
import type { StorePorts } from './store-ports.js';
import type { BusListener } from './store.js';

/** Pings without an answer after which the connection of the bus is given up. */
const LOST_PINGS = 2;
/** Sayings that have not come back after which no message is believed to arrive. */
const LOST_ECHOES = 2;
const SILENT = 'what this process says to itself does not come back';

interface Subscription {
  readonly listeners: Set<BusListener>;
  /** One function for good: a client library takes another one for another subscriber. */
  readonly deliver: (message: Buffer) => void;
}

/** Who hears of the bus. */
export interface BusStateListener {
  busRestored(): void;
  busLost(reason?: string): void;
  /** Says something on a channel. Rejects where that is not possible. */
  say(channel: string): Promise<unknown>;
}

/**
 * The subscriptions of this process, made again after each reconnection. Nobody sends anything to a
 * connection that only listens, so a ping now and then finds out that it leads nowhere.
 */
export class StoreBus {
  private readonly channels = new Map<string, Subscription>();
  /** Counts connections; 0 while there is none. */
  private connection = 0;
  private connections = 0;
  private live = false;
  private unanswered = 0;
  private cancelPing?: Cancel;
  private echoChannel?: string;
  private unheard = 0;
  /** Why messages do not arrive, once that was told. */
  private trouble?: string;

  constructor(
    private readonly raw: RawStoreClient,
    private readonly listener: BusStateListener,
    private readonly options: ResolvedStoreGuardOptions,
    private readonly ports: StorePorts,
  ) {}

  /**
   * Resolves once it is subscribed; at once while there is no connection, since then it will be
   * subscribed by the time {@link BusStateListener.busRestored} is told.
   */
  async subscribe(channel: string, listener: BusListener): Promise<void> {
    const known = this.channels.get(channel);
    const subscription = known ?? newSubscription(channel);
    subscription.listeners.add(listener);
    this.channels.set(channel, subscription);
    if (known || this.connection === 0) return;
    try {
      await this.raw.subscribe(channel, subscription.deliver);
    } catch (error) {
      const answer = this.raw.answerOf(error);
      const refused = answer === undefined ? undefined : answeredError(answer);
      // Otherwise the connection was lost, and the next one will have it.
      if (!refused || refused.away) return;
      // It is asked for again: rights may change.
      this.lost(refused.error.message);
      throw refused.error;
    }
  }

  /** Whether messages arrive. */
  get isLive(): boolean {
    return this.live;
  }

  /** Subscribes to a channel on which this process hears itself. As {@link subscribe}. */
  echo(channel: string): Promise<void> {
    this.echoChannel = channel;
    return this.subscribe(channel, () => this.heardEcho());
  }

  /** There is a connection: subscribes to everything, then says so. */
  connected(): void {
    // One more server of a cluster: of those that were lost, all have said so.
    if (this.live) return;
    this.connections += 1;
    const connection = this.connections;
    this.connection = connection;
    this.unanswered = 0;
    this.subscribeToAll().then(
      () => this.prove(connection),
      // A connection that dies meanwhile is followed by another; one that refuses is tried again.
      (error: unknown) => {
        if (connection !== this.connection) return;
        const answer = this.raw.answerOf(error);
        const refused = answer === undefined ? undefined : answeredError(answer);
        if (refused && !refused.away) this.lost(refused.error.message);
        this.pingLater();
      },
    );
  }

  disconnected(): void {
    this.connection = 0;
    this.cancelPing?.();
    this.lost();
  }

  close(): void {
    this.disconnected();
    this.channels.clear();
  }

  private async subscribeToAll(): Promise<void> {
    const subscriptions = [...this.channels];
    await Promise.all(
      subscriptions.map(([channel, { deliver }]) => this.raw.subscribe(channel, deliver)),
    );
    // What the library has subscribed by itself is in force when what comes after it is answered.
    await this.raw.pingBus();
  }

  /** Messages arrive once they do: after a silence a subscription alone proves nothing. */
  private prove(connection: number): void {
    if (connection !== this.connection) return;
    if (this.trouble === SILENT && this.echoChannel !== undefined) {
      this.say(this.echoChannel);
      this.pingLater();
    } else {
      this.restored();
    }
  }

  private restored(): void {
    this.live = true;
    this.trouble = undefined;
    this.unheard = 0;
    this.pingLater();
    this.listener.busRestored();
  }

  private heardEcho(): void {
    this.unheard = 0;
    if (this.trouble === SILENT && this.connection !== 0) this.restored();
  }

  /** Counts as said once the store has taken it. */
  private say(channel: string): void {
    const connection = this.connection;
    this.listener.say(channel).then(
      () => {
        if (connection === this.connection) this.unheard += 1;
      },
      // Nothing was said, so nothing can be heard.
      () => undefined,
    );
  }

  private lost(reason?: string): void {
    this.unanswered = this.unheard = 0;
    const told = !this.live && (reason === undefined || reason === this.trouble);
    this.live = false;
    this.trouble = reason ?? this.trouble;
    if (!told) this.listener.busLost(reason);
  }

  private pingLater(): void {
    this.cancelPing?.();
    if (this.connection === 0) return;
    this.cancelPing = this.ports.scheduler.schedule(() => this.ping(), this.options.busPingMs);
  }

  private ping(): void {
    if (this.unanswered >= LOST_PINGS) {
      this.ports.afterPoll(() => this.giveUpIfSilent());
      return;
    }
    this.unanswered += 1;
    const connection = this.connection;
    const answered = () => {
      if (connection === this.connection) this.unanswered = 0;
    };
    // A refusal is an answer; of a connection that is lost its own event tells.
    this.raw.pingBus().then(answered, answered);
    if (!this.live) {
      this.connected();
      return;
    }
    if (this.echoChannel !== undefined) this.say(this.echoChannel);
    this.pingLater();
    if (this.unheard >= LOST_ECHOES) this.ports.afterPoll(() => this.loseIfSilent());
  }

  private loseIfSilent(): void {
    if (this.live && this.unheard >= LOST_ECHOES) this.lost(SILENT);
  }

  private giveUpIfSilent(): void {
    if (this.connection !== 0 && this.unanswered >= LOST_PINGS) {
      this.disconnected();
      this.raw.resetBus();
    } else {
      this.pingLater();
    }
  }
}

function newSubscription(channel: string): Subscription {
  const listeners = new Set<BusListener>();
  const deliver = (message: Buffer) => {
    for (const listener of [...listeners]) listener(message, channel);
  };
  return { listeners, deliver };
}
