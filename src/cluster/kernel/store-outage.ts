import type { Clock } from '../../ground/index.js';
import type { LeaseSettings } from './lease-settings.js';

/** An outage that began this long ago is not "a moment ago" any more, in milliseconds. */
const RECENT_MS = 2_000;

/**
 * What the state of the store means for claims: who waits for it to come back and for how long, and
 * when nobody may take anything over.
 */
export class StoreOutage {
  private downSince: number | undefined;
  private everReady = false;
  private hung = false;
  private graceUntil = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly settings: Pick<LeaseSettings, 'graceMs' | 'patienceMs' | 'retryMs'>,
  ) {}

  /** Commands fail from now on: the connection is gone, or (`hung`) nothing comes back over it. */
  began(hung: boolean): void {
    this.downSince ??= this.clock.monotonic();
    this.hung = hung;
  }

  /** Commands are answered (again). */
  ended(): void {
    // At the first connection of all there is nothing of ours to assert.
    const again = this.everReady && this.downSince !== undefined;
    this.everReady = true;
    this.downSince = undefined;
    this.hung = false;
    if (again) this.graceUntil = this.clock.monotonic() + this.settings.graceMs;
  }

  /** It answers, and may have lost what others lead. */
  lostData(): void {
    this.graceUntil = this.clock.monotonic() + this.settings.graceMs;
  }

  /** Milliseconds for which leaders may still assert what they lead before anybody takes over. */
  get graceLeftMs(): number {
    return Math.max(0, this.graceUntil - this.clock.monotonic());
  }

  /**
   * How long a claim that cannot reach the store keeps trying, in milliseconds. Whoever waits for a
   * leader has patience: that leader is about to answer. A new claim gives a lost connection a moment
   * to come back; a store that hangs is not worth one, nor is one that has been away for long.
   */
  budgetMs(waiting: boolean): number {
    if (waiting) return this.settings.patienceMs;
    if (this.hung) return 0;
    const since = this.downSince;
    const recent = since === undefined || this.clock.monotonic() - since < RECENT_MS;
    return recent ? this.settings.retryMs : 0;
  }
}
