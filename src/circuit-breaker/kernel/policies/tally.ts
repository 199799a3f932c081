/** Sums over a number of results. */
export class Tally {
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
