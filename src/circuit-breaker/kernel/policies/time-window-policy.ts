import type { Clock } from '../../../clock/index.js';
import type { TimeWindowPolicyOptions } from './policy-options.js';
import { Tally } from './tally.js';
import type { TripPolicy } from './trip-policy.js';
import { describeRates, reachesRates } from './window-rates.js';

/** Results of one step of the window. */
class Bucket extends Tally {
  next: Bucket | undefined;

  /** @param step number of the step since the window began */
  constructor(readonly step: number) {
    super();
  }
}

/**
 * Opens by rate over the last `windowMs` milliseconds, in buckets that leave the window as a whole.
 * Its time is the sum of the steps between two looks, each the larger of what both clocks say: a
 * wall clock set forth and back again cannot freeze the window.
 */
export class TimeWindowPolicy implements TripPolicy {
  private readonly tally = new Tally();
  /** Those that hold results, linked from the oldest on: empty ones take no memory. */
  private oldest: Bucket | undefined;
  private newest: Bucket | undefined;
  private ageMs = 0;
  /** What the clocks said at the last look. */
  private monotonicMs: number;
  private wallMs: number;

  constructor(
    private readonly options: Required<TimeWindowPolicyOptions>,
    private readonly clock: Clock,
  ) {
    this.monotonicMs = clock.monotonic();
    this.wallMs = clock.wall();
  }

  get slowCallMs(): number {
    return this.options.slowCallMs;
  }

  record(failed: boolean, slow: boolean): boolean {
    this.bucketOf(this.moveOn()).add(failed, slow);
    this.tally.add(failed, slow);
    return reachesRates(this.tally, this.options);
  }

  describe(): string {
    this.moveOn();
    return describeRates(this.tally, this.options);
  }

  /** Forgets the buckets that have left the window since the last look. @returns the present step */
  private moveOn(): number {
    const monotonicMs = this.clock.monotonic();
    const wallMs = this.clock.wall();
    this.ageMs += Math.max(monotonicMs - this.monotonicMs, wallMs - this.wallMs, 0);
    this.monotonicMs = monotonicMs;
    this.wallMs = wallMs;
    const { windowMs, buckets } = this.options;
    const step = Math.floor(this.ageMs / (windowMs / buckets));
    for (; this.oldest && this.oldest.step <= step - buckets; this.oldest = this.oldest.next) {
      this.tally.subtract(this.oldest);
    }
    return step;
  }

  /** The bucket that takes the results of the present step. */
  private bucketOf(step: number): Bucket {
    const { newest } = this;
    if (newest?.step === step) return newest;
    const bucket = new Bucket(step);
    if (newest && this.oldest) newest.next = bucket;
    else this.oldest = bucket;
    this.newest = bucket;
    return bucket;
  }
}
