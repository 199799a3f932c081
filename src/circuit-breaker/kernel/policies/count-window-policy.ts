import type { CountWindowPolicyOptions } from './policy-options.js';
import { Tally } from './tally.js';
import type { TripPolicy } from './trip-policy.js';
import { describeRates, reachesRates } from './window-rates.js';

const FAILED = 1;
const SLOW = 2;

/** Opens by rate over the last `size` results, kept as one byte each. */
export class CountWindowPolicy implements TripPolicy {
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
