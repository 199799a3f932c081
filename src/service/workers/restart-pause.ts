/** So long a worker has to live for its death to be the first again, in milliseconds. */
const SETTLED_MS = 10_000;
const SHORTEST_MS = 100;
const LONGEST_MS = 30_000;

/**
 * How long to wait before a worker that died is replaced: not at all where it had lived for a while, and
 * twice as long each time where it dies at once again.
 */
export class RestartPause {
  private quickDeaths = 0;

  /**
   * A worker has died.
   * @param livedMs milliseconds that it had lived
   * @returns milliseconds until it is to be replaced
   */
  afterDeath(livedMs: number): number {
    if (livedMs >= SETTLED_MS) this.quickDeaths = 0;
    this.quickDeaths += 1;
    if (this.quickDeaths === 1) return 0;
    return Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (this.quickDeaths - 2));
  }
}
