import type { Cancel } from '../../ground/index.js';
import type { LeaseEnvironment } from './lease-ports.js';
import { storeFailure } from './store.error.js';

/** Pause between two attempts, and how much of it is chance, in milliseconds. */
const RETRY_MS = 50;
const RETRY_SPREAD_MS = 50;

/** A result on its way to the store. */
export interface Delivery {
  /** Monotonic time after which it is of no use. */
  readonly expiresAt: number;
  readonly bytes: number;
  /** Tries once. Rejects as the store does. */
  attempt(): Promise<void>;
}

interface Entry {
  readonly delivery: Delivery;
  trying: boolean;
  readonly done: (delivered: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Results that found the store away: delivered as soon as it is back, so that an outage while a call was
 * under way does not cost a second call. Bounded; the oldest give way.
 */
export class Outbox {
  private readonly entries = new Set<Entry>();
  private bytes = 0;
  /** Deliveries that have not ended, those included that the store has only just been sent. */
  private pending = 0;
  private cancel: Cancel | undefined;
  private emptied: (() => void) | undefined;

  constructor(private readonly environment: LeaseEnvironment) {}

  get size(): number {
    return this.entries.size;
  }

  /**
   * Tries at once, and again for as long as the store is away.
   *
   * @returns whether it was delivered; rejects with what the store has against it
   */
  async deliver(delivery: Delivery): Promise<boolean> {
    this.pending++;
    try {
      return await this.attempt(delivery);
    } finally {
      if (--this.pending === 0) this.emptied?.();
    }
  }

  /** Tries everything that is left, unless the store is known to be away. */
  flush(): void {
    const { clock, store } = this.environment;
    const now = clock.monotonic();
    for (const entry of this.entries) {
      if (entry.delivery.expiresAt <= now) this.drop(entry);
      else if (store.ready) void this.retry(entry);
    }
  }

  /** Resolves when nothing is on its way any more. */
  async whenEmpty(): Promise<void> {
    if (this.pending === 0) return;
    await new Promise<void>((resolve) => {
      this.emptied = resolve;
    });
  }

  /** Gives up what is left. */
  close(): void {
    for (const entry of this.entries) this.drop(entry);
    this.cancel?.();
    this.cancel = undefined;
  }

  private async attempt(delivery: Delivery): Promise<boolean> {
    try {
      await delivery.attempt();
      return true;
    } catch (error) {
      if (storeFailure(error) !== 'away') throw error;
    }
    return new Promise((resolve, reject) => {
      this.add({ delivery, trying: false, done: resolve, fail: reject });
    });
  }

  private add(entry: Entry): void {
    const { maxOutboxEntries, maxOutboxBytes } = this.environment.settings;
    this.entries.add(entry);
    this.bytes += entry.delivery.bytes;
    for (const oldest of this.entries) {
      if (this.entries.size <= maxOutboxEntries && this.bytes <= maxOutboxBytes) break;
      this.drop(oldest);
    }
    this.arm();
  }

  private arm(): void {
    if (this.entries.size === 0) return;
    const { scheduler, random } = this.environment;
    this.cancel ??= scheduler.schedule(
      () => {
        this.cancel = undefined;
        this.flush();
        this.arm();
      },
      RETRY_MS + random() * RETRY_SPREAD_MS,
    );
  }

  private async retry(entry: Entry): Promise<void> {
    if (entry.trying) return;
    entry.trying = true;
    try {
      await entry.delivery.attempt();
      if (this.remove(entry)) entry.done(true);
    } catch (error) {
      if (storeFailure(error) === 'away') entry.trying = false;
      else if (this.remove(entry)) entry.fail(error);
    }
  }

  private drop(entry: Entry): void {
    if (!this.remove(entry)) return;
    this.environment.telemetry.outboxDropped();
    entry.done(false);
  }

  private remove(entry: Entry): boolean {
    if (!this.entries.delete(entry)) return false;
    this.bytes -= entry.delivery.bytes;
    return true;
  }
}
