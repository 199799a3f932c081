/** Why a process called a backend without asking the cluster. */
export type AloneReason = 'store-down' | 'unshareable' | 'draining' | 'overloaded';

/** Totals since the start, and what is there now. */
export interface LeaseCounters {
  /** Keys that this process was given the lead of. */
  readonly leads: number;
  /** Claims that waited for another process. */
  readonly waits: number;
  /** Leads taken over from a process that died (`dead`) or from a lease that ended (`lease`). */
  readonly takeovers: Readonly<Record<'dead' | 'lease', number>>;
  /** Results that came too late and were refused. */
  readonly fenced: number;
  /** Flights that turned out, while under way, to be led by somebody else by now. */
  readonly lost: number;
  /** Leases that the store had lost and their leader wrote again. */
  readonly reasserted: number;
  /** Claims that ended without the cluster. */
  readonly degraded: Readonly<Record<AloneReason, number>>;
  /** Results that could not be shared: too large, or the store is full. */
  readonly unshared: number;
  /** Sleeps that ended without a message. */
  readonly pollFallbacks: number;
  /** Times that messages may have been lost. */
  readonly busResubscribes: number;
  /** Results given up because the store stayed away, or the outbox was full. */
  readonly outboxDropped: number;
  /** Invalidations that the store did not take at once, and that are repeated until it does. */
  readonly invalidationsKept: number;
  /** Invalidations that it had not taken when the process ended its part. */
  readonly invalidationsLost: number;
  /** Invalidations that wait for the store, now. */
  readonly invalidationsPending: number;
  /** Results that wait for the store, now. */
  readonly outboxSize: number;
  /** Claims under way, now. */
  readonly claiming: number;
  /** Keys led, now. */
  readonly leading: number;
}

interface OfKey {
  /** Hash of the key, as it stands in the store; keys themselves may be confidential. */
  readonly hash: string;
}
interface OfLead extends OfKey {
  readonly token: number;
}

/** What happened between the processes of a cluster, told after it has happened. */
export type LeaseEvent =
  | (OfLead & { readonly type: 'led' })
  | (OfLead & { readonly type: 'waited'; readonly owner: string })
  | (OfLead & {
      readonly type: 'taken-over';
      readonly reason: 'dead' | 'lease';
      readonly from: string;
    })
  | (OfLead & { readonly type: 'fenced' })
  | (OfLead & { readonly type: 'lost' })
  | (OfLead & { readonly type: 'reasserted' })
  | (OfLead & { readonly type: 'unshared' })
  | (OfKey & { readonly type: 'degraded'; readonly reason: AloneReason })
  | { readonly type: 'bus-resubscribed' }
  /** The store has answered a command; not every store tells. */
  | { readonly type: 'store-answered'; readonly durationMs: number }
  | { readonly type: 'peer-watch'; readonly on: boolean };

/** The port for events; a channel of `node:diagnostics_channel` is one. */
export interface LeaseEvents {
  /** Whether anyone listens: otherwise no event is even made. */
  readonly hasSubscribers: boolean;
  publish(event: LeaseEvent): void;
}

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

  /** @param takeovers is told of each, for the log */
  constructor(
    private readonly events: LeaseEvents,
    private readonly takeovers?: { tell(reason: 'dead' | 'lease', from: string): void },
  ) {}

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
    this.takeovers?.tell(reason, from);
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

  peerWatch(on: boolean): void {
    if (this.events.hasSubscribers) this.publish({ type: 'peer-watch', on });
  }

  private publish(event: LeaseEvent): void {
    try {
      this.events.publish(event);
    } catch {
      // Who watches cannot change what happens.
    }
  }
}
