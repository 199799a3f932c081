import type { Cancel, Scheduler } from '../../ground/index.js';

/** What the breaker asks, and who is told. */
export interface BreakerPorts {
  /** Resolves when the store answers, and does not promise to settle. */
  ping(): Promise<unknown>;
  /** Gives the connection up and makes another one: a ping has been unanswered for too long. */
  reconnect(): void;
  /** A number of [0, 1). */
  random(): number;
  ready(): void;
  down(reason: string): void;
}

export interface BreakerOptions {
  /** Shortest time until the next ping, in milliseconds. */
  readonly minPingMs: number;
  /** Longest time until the next ping, in milliseconds. */
  readonly maxPingMs: number;
  /** Milliseconds after which an unanswered ping gives the connection up. */
  readonly reconnectAfterMs: number;
}

type BreakerState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly cancel: Cancel }
  | { readonly kind: 'pinging'; readonly cancel: Cancel }
  | { readonly kind: 'stopped' };

/**
 * Stands in front of a store that may be away: closed by a failure, opened again by a single ping at a
 * time, so that a store that comes back is not met by everything that waited for it.
 */
export class StoreBreaker {
  private state: BreakerState = { kind: 'stopped' };

  constructor(
    private readonly scheduler: Scheduler,
    private readonly ports: BreakerPorts,
    private readonly options: BreakerOptions,
  ) {}

  get ready(): boolean {
    return this.state.kind === 'ready';
  }

  /** Begins to ask whether the store is there. */
  start(): void {
    if (this.state.kind === 'stopped') this.pingLater();
  }

  /** The store is away. Told once, however often that is noticed. */
  trip(reason: string): void {
    if (this.state.kind !== 'ready') return;
    this.pingLater();
    this.ports.down(reason);
  }

  /** The connection is there (again): asks now instead of later. */
  connected(): void {
    if (this.state.kind === 'waiting') this.ping();
  }

  /** Asks no more. */
  stop(): void {
    this.cancelTimer();
    this.state = { kind: 'stopped' };
  }

  private pingLater(): void {
    this.cancelTimer();
    const { minPingMs, maxPingMs } = this.options;
    const delayMs = minPingMs + this.ports.random() * (maxPingMs - minPingMs);
    const cancel = this.scheduler.schedule(() => this.ping(), delayMs);
    this.state = { kind: 'waiting', cancel };
  }

  private ping(): void {
    this.cancelTimer();
    const attempt: BreakerState = {
      kind: 'pinging',
      cancel: this.scheduler.schedule(() => this.giveUp(), this.options.reconnectAfterMs),
    };
    this.state = attempt;
    // An answer to a ping that was given up says nothing about the connection of now.
    const ifCurrent = (then: () => void) => () => {
      if (this.state === attempt) then();
    };
    this.ports.ping().then(
      ifCurrent(() => this.reopen()),
      ifCurrent(() => this.pingLater()),
    );
  }

  private giveUp(): void {
    this.pingLater();
    this.ports.reconnect();
  }

  private reopen(): void {
    this.cancelTimer();
    this.state = { kind: 'ready' };
    this.ports.ready();
  }

  private cancelTimer(): void {
    if (this.state.kind === 'waiting' || this.state.kind === 'pinging') this.state.cancel();
  }
}
