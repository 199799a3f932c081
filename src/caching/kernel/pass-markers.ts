import { BoundedMap } from '../../ground/index.js';
import type { Clock } from '../../ground/index.js';

/**
 * Keys whose last value was its leader's alone ("hit for miss" in Varnish): while the marker lasts,
 * their callers make their own calls in parallel, instead of queueing behind each other for a value that
 * is then not shared. What may be shared, kept or not, leaves none.
 */
export class PassMarkers {
  private readonly until: BoundedMap<number>;

  constructor(
    private readonly clock: Clock,
    /** Markers kept; without its marker a key's callers queue once more, nothing else. */
    limit: number,
  ) {
    this.until = new BoundedMap(limit);
  }

  get size(): number {
    return this.until.size;
  }

  /** Marks `key` for `lastsMs` milliseconds; 0 leaves no marker. */
  mark(key: string, lastsMs: number): void {
    if (lastsMs > 0) this.until.set(key, this.clock.monotonic() + lastsMs);
  }

  has(key: string): boolean {
    const until = this.until.get(key);
    if (until === undefined) return false;
    if (this.clock.monotonic() < until) return true;
    this.until.delete(key);
    return false;
  }

  unmark(key: string): void {
    this.until.delete(key);
  }

  clear(): void {
    this.until.clear();
  }
}
