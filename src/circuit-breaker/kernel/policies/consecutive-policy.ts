import type { TripPolicy } from './trip-policy.js';

/** Opens after a number of failures in a row; any success starts the count again. */
export class ConsecutivePolicy implements TripPolicy {
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
