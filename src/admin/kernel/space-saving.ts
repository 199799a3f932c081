import { LinkedSet } from '../../ground/index.js';
import type { Place } from '../../ground/index.js';

/** Keys with one count. They stand in a list, the lowest count first. */
interface Level {
  count: number;
  readonly tallies: LinkedSet<Tally>;
  below: Level | undefined;
  above: Level | undefined;
}

/** What has been counted of one key. */
export class Tally {
  /** Of what was counted for this key itself. */
  failures = 0;
  totalMs = 0;
  /** @internal */
  place: Place<Tally>;

  constructor(
    readonly key: string,
    /** So much of the count may be that of the keys which had this place before. */
    readonly error: number,
    /** @internal */
    public level: Level,
  ) {
    this.place = level.tallies.add(this);
  }

  /** How often the key came, or somewhat less often by {@link error}. */
  get count(): number {
    return this.level.count;
  }

  /** @internal */
  moveTo(level: Level): void {
    this.level = level;
    this.place = level.tallies.add(this);
  }
}

/**
 * Finds the keys that come most often, in a bounded room: Space-Saving, with its Stream-Summary, by which
 * each addition takes the same time (Metwally, Agrawal and El Abbadi, Efficient Computation of Frequent and
 * Top-k Elements in Data Streams, ICDT 2005). A key that came more often than a `capacity`-th of all is
 * always among them. No count is too low, and none is too high by more than its error.
 */
export class SpaceSaving {
  private readonly tallies = new Map<string, Tally>();
  private lowest: Level | undefined;

  /** @param capacity most keys that are held, at least 1 */
  constructor(private readonly capacity: number) {}

  /** Counts one more of `key`. */
  add(key: string): Tally {
    const known = this.tallies.get(key);
    if (known !== undefined) {
      this.raise(known);
      return known;
    }
    return this.tallies.size < this.capacity ? this.begin(key) : this.replace(key);
  }

  /** The most that a key may have come which is not held: the lowest count, once the room is full. */
  get unseen(): number {
    return this.tallies.size < this.capacity ? 0 : (this.lowest as Level).count;
  }

  /** The tally of `key`, where it is held. */
  find(key: string): Tally | undefined {
    return this.tallies.get(key);
  }

  /** What is held, in no order. */
  values(): IterableIterator<Tally> {
    return this.tallies.values();
  }

  clear(): void {
    this.tallies.clear();
    this.lowest = undefined;
  }

  /** The key takes the place of one that came least often, and its count. */
  private replace(key: string): Tally {
    const least = this.lowest?.tallies.first as Tally;
    const { level } = least;
    this.tallies.delete(least.key);
    level.tallies.delete(least.place);
    return this.begin(key, level);
  }

  /** @param under the level whose count the key takes over, as its error */
  private begin(key: string, under?: Level): Tally {
    const error = under?.count ?? 0;
    const tally = new Tally(key, error, this.levelOf(error + 1, under));
    this.tallies.set(key, tally);
    if (under?.tallies.size === 0) this.unlink(under);
    return tally;
  }

  private raise(tally: Tally): void {
    const { level } = tally;
    const count = level.count + 1;
    // Alone, and nobody has the next count: the level itself rises.
    if (level.tallies.size === 1 && level.above?.count !== count) {
      level.count = count;
      return;
    }
    level.tallies.delete(tally.place);
    tally.moveTo(this.levelOf(count, level));
    if (level.tallies.size === 0) this.unlink(level);
  }

  /** The level of `count`, which comes next above `under`; without that, at the bottom. */
  private levelOf(count: number, under: Level | undefined): Level {
    const above = under === undefined ? this.lowest : under.above;
    if (above?.count === count) return above;
    const level: Level = { count, tallies: new LinkedSet(), below: under, above };
    if (under === undefined) this.lowest = level;
    else under.above = level;
    if (above !== undefined) above.below = level;
    return level;
  }

  private unlink({ below, above }: Level): void {
    if (below === undefined) this.lowest = above;
    else below.above = above;
    if (above !== undefined) above.below = below;
  }
}
