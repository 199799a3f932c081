import { LogEvent } from '../../ground/index.js';
import type { CachingPorts } from './cache-telemetry.js';
import type { Drop, Tier, TierHealth, TierRecord } from './tier.js';

/** What a tier below memory may cost. */
export interface TierBounds {
  /** Longest wait for a look-up, in milliseconds; then it is a miss. */
  readonly tierTimeoutMs: number;
  /** Writes and deletions under way in one tier; more writes are dropped. */
  readonly maxPendingWrites: number;
}

/** A tier's health, and what came of using it. */
export interface GuardedTierHealth extends TierHealth {
  readonly name: string;
  /** Operations that failed or took too long. */
  readonly faults: number;
  /** Writes dropped because too many were under way. */
  readonly dropped: number;
}

/** Least time between two log lines about one tier. */
const LOG_PAUSE_MS = 60_000;

/** Stands between the caches and a tier, so that nothing the tier does is anybody's error. */
export class GuardedTier {
  private faults = 0;
  private dropped = 0;
  private damaged = 0;
  private pending = 0;
  /** What is wrong, from the first fault until an operation succeeds. */
  private trouble: string | undefined;
  private loggedAt = -Infinity;

  constructor(
    private readonly tier: Tier,
    private readonly bounds: TierBounds,
    private readonly ports: CachingPorts,
  ) {}

  get name(): string {
    return this.tier.name;
  }

  /** The record of `key`; a fault, or an answer that takes too long, is a miss. */
  get(key: string): Promise<TierRecord | undefined> | TierRecord | undefined {
    try {
      const found = this.tier.get(key);
      return found instanceof Promise ? this.inTime(found) : found;
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  /** A payload could not be decoded. */
  payloadDamaged(): void {
    this.damaged++;
  }

  /** Writes behind: nobody waits for a tier. Dropped when too many writes are under way. */
  set(record: TierRecord): void {
    if (this.pending >= this.bounds.maxPendingWrites) this.dropped++;
    else void this.write(() => this.tier.set(record));
  }

  /** Resolves to whether the tier has dropped it. */
  drop(how: Drop, what: string): Promise<boolean> {
    return this.write(() => this.tier[how](what));
  }

  /** Resolves to whether the tier has outdated it, or dropped it where it knows nothing but that. */
  outdate(how: Drop, what: string, wall: number): Promise<boolean> {
    const { tier } = this;
    return this.write(() => (tier.outdate ? tier.outdate(how, what, wall) : tier[how](what)));
  }

  close(): Promise<boolean> {
    return this.write(() => this.tier.close());
  }

  health(): GuardedTierHealth {
    const own = { name: this.tier.name, faults: this.faults, dropped: this.dropped };
    try {
      const health = this.tier.health();
      const damaged = health.damaged + this.damaged;
      const failing = this.trouble !== undefined && health.status === 'up';
      const trouble = failing && { status: 'degraded' as const, reason: this.trouble };
      return { ...health, ...own, damaged, ...trouble };
    } catch {
      const nothing = {
        entries: 0,
        bytes: 0,
        damaged: this.damaged,
        reason: 'its health is not to be had',
      };
      return { status: 'degraded', ...nothing, ...own };
    }
  }

  private inTime(found: Promise<TierRecord | undefined>): Promise<TierRecord | undefined> {
    return new Promise((resolve) => {
      const cancel = this.ports.scheduler.schedule(() => {
        this.failed(new Error(`no answer within ${this.bounds.tierTimeoutMs} ms`));
        resolve(undefined);
      }, this.bounds.tierTimeoutMs);
      found.then(
        (record) => {
          cancel();
          this.trouble = undefined;
          resolve(record);
        },
        (error: unknown) => {
          cancel();
          this.failed(error);
          resolve(undefined);
        },
      );
    });
  }

  /** @returns whether the tier did it: that it could not be told others is no fault of the tier's */
  private async write(operation: () => unknown): Promise<boolean> {
    this.pending++;
    try {
      const done = (await operation()) !== false;
      this.trouble = undefined;
      return done;
    } catch (error) {
      this.failed(error);
      return false;
    } finally {
      this.pending--;
    }
  }

  private failed(error: unknown): void {
    this.faults++;
    const { clock, events, log } = this.ports;
    if (events.hasSubscribers) events.publish({ type: 'tier-fault', tier: this.name, error });
    const first = this.trouble === undefined;
    this.trouble = error instanceof Error ? error.message : 'unknown';
    if (!first || clock.monotonic() - this.loggedAt < LOG_PAUSE_MS) return;
    this.loggedAt = clock.monotonic();
    const words = `Cache tier "${this.name}" has a fault and is passed over: ${this.trouble}`;
    log.warn(new LogEvent('tier.degraded', words, { tier: this.name, reason: this.trouble }));
  }
}
