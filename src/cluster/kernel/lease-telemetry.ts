import type { AloneReason, LeaseCounters } from './lease-counters.js';
import type { LeaseEvent, LeaseEvents } from './lease-events.js';

type Gauges = Pick<LeaseCounters, 'outboxSize' | 'invalidationsPending' | 'claiming' | 'leading'>;
type Totals = Omit<LeaseCounters, keyof Gauges>;
type Writable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<infer N extends string, number>>
    ? Record<N, number>
    : T[K];
};

/** Counts what happens and tells those who listen. */
export class LeaseTelemetry {
  private readonly totals: Writable<Totals> = {
    leads: 0,
    waits: 0,
    takeovers: { dead: 0, lease: 0 },
    fenced: 0,
    lost: 0,
    reasserted: 0,
    degraded: { 'store-down': 0, unshareable: 0, draining: 0, overloaded: 0 },
    unshared: 0,
    pollFallbacks: 0,
    busResubscribes: 0,
    outboxDropped: 0,
    invalidationsKept: 0,
    invalidationsLost: 0,
  };

  constructor(private readonly events: LeaseEvents) {}

  /** A copy of the totals, with what is there now. */
  counters(gauges: Gauges): LeaseCounters {
    const { takeovers, degraded } = this.totals;
    return {
      ...this.totals,
      takeovers: { ...takeovers },
      degraded: { ...degraded },
      ...gauges,
    };
  }

  led(hash: string, token: number): void {
    this.totals.leads++;
    if (this.events.hasSubscribers) this.publish({ type: 'led', hash, token });
  }

  waited(hash: string, token: number, owner: string): void {
    this.totals.waits++;
    if (this.events.hasSubscribers) this.publish({ type: 'waited', hash, token, owner });
  }

  takenOver(hash: string, token: number, reason: 'dead' | 'lease', from: string): void {
    this.totals.takeovers[reason]++;
    if (this.events.hasSubscribers) this.publish({ type: 'taken-over', hash, token, reason, from });
  }

  /** Something became of a lead of this process. */
  of(type: 'fenced' | 'lost' | 'reasserted' | 'unshared', hash: string, token: number): void {
    this.totals[type]++;
    if (this.events.hasSubscribers) this.publish({ type, hash, token });
  }

  degraded(hash: string, reason: AloneReason): void {
    this.totals.degraded[reason]++;
    if (this.events.hasSubscribers) this.publish({ type: 'degraded', hash, reason });
  }

  polled(): void {
    this.totals.pollFallbacks++;
  }

  outboxDropped(): void {
    this.totals.outboxDropped++;
  }

  invalidationKept(): void {
    this.totals.invalidationsKept++;
  }

  invalidationsLost(count: number): void {
    this.totals.invalidationsLost += count;
  }

  busResubscribed(): void {
    this.totals.busResubscribes++;
    if (this.events.hasSubscribers) this.publish({ type: 'bus-resubscribed' });
  }

  ownerWatch(on: boolean): void {
    if (this.events.hasSubscribers) this.publish({ type: 'owner-watch', on });
  }

  private publish(event: LeaseEvent): void {
    try {
      this.events.publish(event);
    } catch {
      // Who watches cannot change what happens.
    }
  }
}
