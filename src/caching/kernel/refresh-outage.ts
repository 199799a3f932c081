import type { Clock } from '../../clock/index.js';

/** Refreshes that fail behind stale values, which nobody would see otherwise. */
export interface Outage {
  /** When the first of them failed, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** What the last one said. */
  readonly reason: string;
  /** How many have failed. */
  readonly failures: number;
}

/** Told what operators should know. */
export interface OutageLog {
  warn(message: string): void;
  log(message: string): void;
}

/** So long after its last failure an outage is over with any load that succeeds, in milliseconds. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Longest reason that is remembered. */
const MAX_REASON_LENGTH = 200;

/**
 * Whether the backend behind a cache is there, as its refreshes find: one line at the first that fails,
 * and one when a key that had failed succeeds. Other keys say nothing of an outage, so that a single one
 * that fails does not make a line each time another succeeds, unless the failures are long over.
 */
export class RefreshOutage {
  private outage: Outage | undefined;
  private lastFailureAt = 0;

  constructor(
    private readonly cache: string,
    private readonly clock: Clock,
    private readonly log: OutageLog,
  ) {}

  /** The outage under way. */
  get current(): Outage | undefined {
    return this.outage;
  }

  failed(error: unknown): void {
    const reason = reasonOf(error);
    const { since = this.clock.wall(), failures = 0 } = this.outage ?? {};
    this.outage = { since, reason, failures: failures + 1 };
    this.lastFailureAt = this.clock.monotonic();
    if (failures > 0) return;
    this.log.warn(`Refreshes of cache "${this.cache}" fail, stale values stand in: ${reason}`);
  }

  /** @param hadFailed the last refresh of this key did */
  succeeded(hadFailed: boolean): void {
    const { outage } = this;
    if (outage === undefined) return;
    if (!hadFailed && this.clock.monotonic() - this.lastFailureAt < FORGOTTEN_AFTER_MS) return;
    this.outage = undefined;
    const seconds = Math.max(0, Math.round((this.clock.wall() - outage.since) / 1_000));
    const { failures } = outage;
    this.log.log(
      `Refreshes of cache "${this.cache}" succeed again after ${seconds} s (${failures} failed)`,
    );
  }
}

/** On one line: the cause, where an error says no more than that there is one. */
function reasonOf(error: unknown): string {
  const { cause = error } = (error ?? {}) as { cause?: unknown };
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return text.replace(/\s+/g, ' ').slice(0, MAX_REASON_LENGTH);
}
