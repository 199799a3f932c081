import type { Cancel } from '../../ground/index.js';
import type { RawStoreClient } from './raw-store-client.js';
import type { ResolvedStoreGuardOptions, StorePorts } from './store-guard-options.js';
import { answeredError } from '../kernel/index.js';
import type { BusListener } from './store.js';

/** Pings without an answer after which the connection of the bus is given up. */
const LOST_PINGS = 2;
/** Sayings that have not come back after which no message is believed to arrive. */
const LOST_ECHOES = 2;
/** Pings that a subscription may take, though they are answered, before its connection is given up. */
const SUBSCRIBING_PINGS = 3;
/** The most that these become for a store which takes longer than that. */
const MAX_SUBSCRIBING_PINGS = 96;
const SILENT = 'what this process says to itself does not come back';
const UNCONFIRMED = 'its subscriptions are not confirmed';

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

/** A subscription that the store has not confirmed. */
interface Subscribing {
  /** Pings since it was asked for. */
  pings: number;
  /** Ends the wait for it. */
  readonly leave: () => void;
}

/**
 * The subscriptions of this process, made again after each reconnection. Nobody sends anything to a
 * connection that only listens, so a ping now and then finds out that it leads nowhere. The pings go on
 * for as long as there is a connection, and they alone bound every wait: no promise of a client library
 * has to settle for the bus to come back.
 */
export class StoreBus {
  private readonly channels = new Map<string, Subscription>();
  /** Counts connections; 0 while there is none. */
  private connection = 0;
  private connections = 0;
  private live = false;
  private unanswered = 0;
  private cancelPing?: Cancel;
  private readonly underWay = new Set<Subscribing>();
  private patience = SUBSCRIBING_PINGS;
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
   * Resolves once it is subscribed, or when there is no connection (any more), since then it will be
   * subscribed by the time {@link BusStateListener.busRestored} is told.
   */
  async subscribe(channel: string, listener: BusListener): Promise<void> {
    const known = this.channels.get(channel);
    const subscription = known ?? newSubscription(channel);
    subscription.listeners.add(listener);
    this.channels.set(channel, subscription);
    const { connection } = this;
    if (known || connection === 0) return;
    try {
      await this.unlessLost(this.raw.subscribe(channel, subscription.deliver));
    } catch (error) {
      const refusal = this.refusalOf(error);
      // It is asked for again: the connection was lost, the store is not ready, or rights may change.
      if (connection === this.connection) this.lost(refusal?.message);
      if (refusal) throw refusal;
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
    this.abandon();
    this.connections += 1;
    this.connection = this.connections;
    this.unanswered = 0;
    this.subscribeToAll();
    this.pingLater();
  }

  disconnected(): void {
    this.connection = 0;
    this.cancelPing?.();
    this.abandon();
    this.lost();
  }

  close(): void {
    this.disconnected();
    this.channels.clear();
  }

  /** Until it is done, {@link ping} does not begin it once more; when it fails, that does. */
  private subscribeToAll(): void {
    const { connection } = this;
    this.unlessLost(this.allSubscribed()).then(
      () => this.prove(connection),
      (error: unknown) => {
        if (connection !== this.connection) return;
        const refusal = this.refusalOf(error);
        if (refusal) this.lost(refusal.message);
      },
    );
  }

  private async allSubscribed(): Promise<void> {
    const subscriptions = [...this.channels];
    await Promise.all(
      subscriptions.map(([channel, { deliver }]) => this.raw.subscribe(channel, deliver)),
    );
    // What the library has subscribed by itself is in force when what comes after it is answered.
    await this.raw.pingBus();
  }

  /** Settles as `subscribing` does; at the end of the connection, if that is sooner, it resolves. */
  private async unlessLost(subscribing: Promise<unknown>): Promise<void> {
    let leave: () => void = () => undefined;
    const lost = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const entry: Subscribing = { pings: 0, leave };
    this.underWay.add(entry);
    try {
      await Promise.race([subscribing, lost]);
    } finally {
      this.underWay.delete(entry);
    }
  }

  private abandon(): void {
    for (const { leave } of this.underWay) leave();
    this.underWay.clear();
  }

  /** What the store has answered, unless that is that it is away. */
  private refusalOf(error: unknown): Error | undefined {
    const answer = this.raw.answerOf(error);
    const refused = answer === undefined ? undefined : answeredError(answer);
    return refused?.away ? undefined : refused?.error;
  }

  /** Messages arrive once they do: after a silence a subscription alone proves nothing. */
  private prove(connection: number): void {
    if (connection !== this.connection || this.live) return;
    if (this.trouble === SILENT && this.echoChannel !== undefined) {
      this.say(this.echoChannel);
    } else {
      this.restored();
    }
  }

  private restored(): void {
    this.live = true;
    this.trouble = undefined;
    this.unheard = 0;
    this.patience = SUBSCRIBING_PINGS;
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
    if (this.isDead || this.isOverdue) {
      this.ports.afterPoll(() => this.giveUpIfSilent());
      return;
    }
    this.unanswered += 1;
    for (const subscribing of this.underWay) subscribing.pings += 1;
    const { connection } = this;
    const answered = () => {
      if (connection === this.connection) this.unanswered = 0;
    };
    // A refusal is an answer; of a connection that is lost its own event tells.
    this.raw.pingBus().then(answered, answered);
    this.pingLater();
    if (!this.live) {
      if (this.underWay.size === 0) this.subscribeToAll();
      return;
    }
    if (this.echoChannel !== undefined) this.say(this.echoChannel);
    if (this.unheard >= LOST_ECHOES) this.ports.afterPoll(() => this.loseIfSilent());
  }

  /** Whether nothing has answered the pings. */
  private get isDead(): boolean {
    return this.unanswered >= LOST_PINGS;
  }

  /** Whether a subscription has had its time: what is lost of it inside of a library is never told. */
  private get isOverdue(): boolean {
    return [...this.underWay].some(({ pings }) => pings >= this.patience);
  }

  private loseIfSilent(): void {
    if (this.live && this.unheard >= LOST_ECHOES) this.lost(SILENT);
  }

  private giveUpIfSilent(): void {
    if (this.connection === 0) return;
    if (!this.isDead && !this.isOverdue) {
      this.pingLater();
      return;
    }
    if (this.isOverdue) {
      this.lost(UNCONFIRMED);
      // One that only takes its time gets there in the end.
      this.patience = Math.min(2 * this.patience, MAX_SUBSCRIBING_PINGS);
    }
    this.disconnected();
    this.raw.resetBus();
  }
}

function newSubscription(channel: string): Subscription {
  const listeners = new Set<BusListener>();
  const deliver = (message: Buffer) => {
    for (const listener of [...listeners]) listener(message, channel);
  };
  return { listeners, deliver };
}
