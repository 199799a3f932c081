import type { Clock } from '../../../clock/index.js';
import type { TimeWindowPolicyOptions } from './policy-options.js';
import { Tally } from './tally.js';
import type { TripPolicy } from './trip-policy.js';
import { describeRates, reachesRates } from './window-rates.js';

/**
 * Opens by rate over the last `windowMs` milliseconds, in buckets that leave the window as a whole.
 * Its time is the sum of the steps between two looks, each the larger of what both clocks say: a
 * wall clock set forth and back again cannot freeze the window.
 */
export class TimeWindowPolicy implements TripPolicy {
  private readonly tally = new Tally();
  private readonly bucketMs: number;
  /** A ring, by number of the bucket since the window began; a hole is an empty bucket. */
  private readonly buckets: (Tally | undefined)[] = [];
  /** Number of the bucket that takes results now. */
  private current = 0;
  private ageMs = 0;
  /** What the clocks said at the last look. */
  private monotonicMs: number;
  private wallMs: number;

  constructor(
    private readonly options: Required<TimeWindowPolicyOptions>,
    private readonly clock: Clock,
  ) {
    this.bucketMs = options.windowMs / options.buckets;
    this.monotonicMs = clock.monotonic();
    this.wallMs = clock.wall();
  }

  get slowCallMs(): number {
    return this.options.slowCallMs;
  }

  record(failed: boolean, slow: boolean): boolean {
    this.moveOn();
    (this.buckets[this.current % this.options.buckets] ??= new Tally()).add(failed, slow);
    this.tally.add(failed, slow);
    return reachesRates(this.tally, this.options);
  }

  describe(): string {
    this.moveOn();
    return describeRates(this.tally, this.options);
  }

  /** Empties the buckets that time has passed since the last look; at most all of them. */
  private moveOn(): void {
    const monotonicMs = this.clock.monotonic();
    const wallMs = this.clock.wall();
    this.ageMs += Math.max(monotonicMs - this.monotonicMs, wallMs - this.wallMs, 0);
    this.monotonicMs = monotonicMs;
    this.wallMs = wallMs;
    const now = Math.floor(this.ageMs / this.bucketMs);
    const { buckets } = this.options;
    for (let entered = Math.max(this.current + 1, now - buckets + 1); entered <= now; entered++) {
      const left = this.buckets[entered % buckets];
      if (left === undefined) continue;
      this.tally.subtract(left);
      this.buckets[entered % buckets] = undefined;
    }
    this.current = now;
  }
}
