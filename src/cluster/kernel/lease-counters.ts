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
