import type { Clock } from '../../ground/index.js';
import type {
  CountWindowPolicyOptions,
  ResolvedPolicyOptions,
  ResolvedWindowRates,
  TimeWindowPolicyOptions,
} from './policy-options.js';

/** Decides, result by result, when a closed circuit opens. One instance serves one closed era. */
export interface TripPolicy {
  /** Milliseconds from which a call is slow; `Infinity` for a policy that does not ask. */
  readonly slowCallMs: number;
  /** Takes one result into account, in constant time. @returns whether the circuit has to open */
  record(failed: boolean, slow: boolean): boolean;
  /** Where the policy stands, in words and figures. */
  describe(): string;
}

/** A policy with nothing counted yet, for a closed era that begins. */
export function createPolicy(options: ResolvedPolicyOptions, clock: Clock): TripPolicy {
  switch (options.kind) {
    case 'consecutive':
      return new ConsecutivePolicy(options.failures);
    case 'count-window':
      return new CountWindowPolicy(options);
    case 'time-window':
      return new TimeWindowPolicy(options, clock);
  }
}

/** Opens after a number of failures in a row; any success starts the count again. */
class ConsecutivePolicy implements TripPolicy {
  readonly slowCallMs = Infinity;
  private failures = 0;

  constructor(private readonly limit: number) {}

  record(failed: boolean): boolean {
    this.failures = failed ? this.failures + 1 : 0;
    return this.failures >= this.limit;
  }

  describe(): string {
    return `${this.failures} of ${this.limit} consecutive failures`;
  }
}

/** Sums over a number of results. */
class Tally {
  calls = 0;
  failures = 0;
  slow = 0;

  /** Takes one result in. */
  add(failed: boolean, slow: boolean): void {
    this.calls += 1;
    if (failed) this.failures += 1;
    if (slow) this.slow += 1;
  }

  /** Takes out what has left the window, so that nothing is ever counted again. */
  subtract({ calls, failures, slow }: Readonly<Pick<Tally, 'calls' | 'failures' | 'slow'>>): void {
    this.calls -= calls;
    this.failures -= failures;
    this.slow -= slow;
  }
}

/**
 * Whether the results in a window open the circuit: `rate >= threshold`, so that 100 % can be
 * reached; divided rather than multiplied, so that 3 of 30 is exactly the literal 0.1.
 */
function reachesRates(tally: Tally, rates: ResolvedWindowRates): boolean {
  const { calls, failures, slow } = tally;
  if (calls < rates.minimumCalls) return false;
  return failures / calls >= rates.rate || slow / calls >= rates.slowRate;
}

/** Where a window stands, in words and figures. */
function describeRates(tally: Tally, rates: ResolvedWindowRates): string {
  const failed = `${tally.failures} of ${tally.calls} calls failed (opens at ${percent(rates.rate)}`;
  const minimum = ` of at least ${rates.minimumCalls})`;
  const slow = `, ${tally.slow} slow (opens at ${percent(rates.slowRate)})`;
  return failed + minimum + (rates.slowCallMs === Infinity ? '' : slow);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

const FAILED = 1;
const SLOW = 2;

/** Opens by rate over the last `size` results, kept as one byte each. */
class CountWindowPolicy implements TripPolicy {
  private readonly tally = new Tally();
  private results: Uint8Array | undefined;
  private next = 0;

  constructor(private readonly options: Required<CountWindowPolicyOptions>) {}

  get slowCallMs(): number {
    return this.options.slowCallMs;
  }

  record(failed: boolean, slow: boolean): boolean {
    const { size } = this.options;
    // Not before the first result: circuits that nobody uses cost nothing.
    const results = (this.results ??= new Uint8Array(size));
    if (this.tally.calls === size) this.forget(results[this.next] as number);
    results[this.next] = (failed ? FAILED : 0) | (slow ? SLOW : 0);
    this.next = (this.next + 1) % size;
    this.tally.add(failed, slow);
    return reachesRates(this.tally, this.options);
  }

  describe(): string {
    return describeRates(this.tally, this.options);
  }

  private forget(result: number): void {
    const failures = result & FAILED ? 1 : 0;
    const slow = result & SLOW ? 1 : 0;
    this.tally.subtract({ calls: 1, failures, slow });
  }
}

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
class TimeWindowPolicy implements TripPolicy {
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
