import { LogEvent } from '../../ground/index.js';
import type { Cancel } from '../../ground/index.js';
import type { LeaseEnvironment } from './lease-ports.js';

/** Pause between two attempts while the store answers and takes none, in milliseconds. */
const RETRY_MS = 1_000;

interface Pending {
  readonly attempt: () => Promise<void>;
  /** Monotonic time after which nothing can be left that it voids. */
  readonly expiresAt: number;
  trying: boolean;
}

/**
 * Invalidations that the store has not taken, whatever it had against them: repeated until it has, or
 * nothing can be left that they void. Bounded: beyond that they become one of everything, which costs
 * calls and is never wrong.
 */
export class PendingInvalidations {
  private readonly pending = new Map<string, Pending>();
  private cancel: Cancel | undefined;
  private emptied: (() => void) | undefined;

  constructor(
    private readonly environment: LeaseEnvironment,
    /** Invalidates everything. Rejects as the store does. */
    private readonly everything: () => Promise<void>,
  ) {}

  get size(): number {
    return this.pending.size;
  }

  /**
   * Tries at once, and again for as long as the store does not take it. Never rejects.
   *
   * @param id what it voids: a later one of the same takes the place of an earlier one
   * @returns whether the store took it at once
   */
  async run(id: string, attempt: () => Promise<void>): Promise<boolean> {
    try {
      await attempt();
      this.remove(id);
      return true;
    } catch (error) {
      this.keep(id, attempt, error);
      return false;
    }
  }

  /** Tries everything that is left, unless the store is known to be away. */
  flush(): void {
    const { clock, store } = this.environment;
    const now = clock.monotonic();
    for (const [id, one] of this.pending) {
      if (one.expiresAt <= now) this.remove(id);
      else if (store.ready) void this.retry(id, one);
    }
  }

  /** Resolves when none is left. */
  async whenEmpty(): Promise<void> {
    if (this.pending.size === 0) return;
    await new Promise<void>((resolve) => {
      this.emptied = resolve;
    });
  }

  /** Gives up what is left. */
  close(): void {
    const { size } = this.pending;
    if (size > 0) {
      const { telemetry, log } = this.environment;
      telemetry.invalidationsLost(size);
      const words =
        `${size} invalidations end with this process: the store has not taken them, so other ` +
        'instances may serve what they void until it expires';
      log?.warn(new LogEvent('invalidations.lost', words, { count: size }));
    }
    this.pending.clear();
    this.ended();
  }

  private keep(id: string, attempt: () => Promise<void>, error: unknown): void {
    const { telemetry, log, clock, settings } = this.environment;
    telemetry.invalidationKept();
    if (this.pending.size === 0) {
      const reason = reasonOf(error);
      const words =
        `The store does not take invalidations (${reason}): they hold here, and are ` +
        'repeated until the other instances have them';
      log?.warn(new LogEvent('invalidations.kept', words, { reason }));
    }
    const expiresAt = clock.monotonic() + settings.maxKeepMs;
    this.pending.delete(id);
    this.pending.set(id, { attempt, expiresAt, trying: false });
    if (this.pending.size > settings.maxOutboxEntries) {
      this.pending.clear();
      this.pending.set('all', { attempt: this.everything, expiresAt, trying: false });
    }
    this.arm();
  }

  private async retry(id: string, one: Pending): Promise<void> {
    if (one.trying) return;
    one.trying = true;
    try {
      await one.attempt();
      if (this.pending.get(id) === one) this.remove(id);
    } catch {
      one.trying = false;
    }
  }

  private remove(id: string): void {
    if (!this.pending.delete(id) || this.pending.size > 0) return;
    const words = 'The store has taken all invalidations';
    this.environment.log?.log(new LogEvent('invalidations.taken', words));
    this.ended();
  }

  private ended(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.emptied?.();
  }

  private arm(): void {
    this.cancel ??= this.environment.scheduler.schedule(() => {
      this.cancel = undefined;
      this.flush();
      if (this.pending.size > 0) this.arm();
    }, RETRY_MS);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
