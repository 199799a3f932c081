import { BoundedMap } from './bounded-map.js';
import type { WallTime } from './wall-time.js';

/** When something was invalidated: as a number in sequence, and in wall time for stored records. */
interface Revocation {
  readonly sequence: number;
  readonly wall: number;
}

const NEVER: Revocation = { sequence: 0, wall: -Infinity };

/** What a value can be invalidated by. */
export interface RevocableBy {
  /** Name of the cache. */
  readonly cache: string;
  /** Key, unambiguous among all caches. */
  readonly key: string;
  readonly tags: readonly string[];
}

/**
 * Remembers what was invalidated when, by key, by tag, by the cache's name, and all: the fence before
 * which nothing may be stored that was computed, or born, earlier. Bounded: when it forgets a
 * revocation it moves a floor there, and everything older than the floor counts as revoked, which
 * costs a backend call and is never wrong.
 */
export class Epochs {
  private sequence = 0;
  private floor = NEVER;
  private all = NEVER;
  private readonly keys: BoundedMap<Revocation>;
  private readonly tags: BoundedMap<Revocation>;
  private readonly caches: BoundedMap<Revocation>;

  constructor(
    private readonly wallTime: WallTime,
    /** Revocations remembered of each kind. */
    limit: number,
  ) {
    const raiseFloor = (dropped: Revocation) => {
      this.floor = later(this.floor, dropped);
    };
    this.keys = new BoundedMap(limit, raiseFloor);
    this.tags = new BoundedMap(limit, raiseFloor);
    this.caches = new BoundedMap(limit, raiseFloor);
  }

  /** The present epoch: what a flight notes when it starts. */
  get now(): number {
    return this.sequence;
  }

  revokeKey(key: string): void {
    this.keys.set(key, this.next());
  }

  revokeTag(tag: string): void {
    this.tags.set(tag, this.next());
  }

  revokeCache(cache: string): void {
    this.caches.set(cache, this.next());
  }

  revokeAll(): void {
    this.all = this.next();
  }

  /** Whether a value computed since `epoch` was invalidated meanwhile. */
  revokedSince(epoch: number, subject: RevocableBy): boolean {
    return this.latest(subject).sequence > epoch;
  }

  /** Whether a record born at `wall` (milliseconds since the Unix epoch) was invalidated since. */
  revokedBorn(wall: number, subject: RevocableBy): boolean {
    return this.latest(subject).wall >= wall;
  }

  private latest({ cache, key, tags }: RevocableBy): Revocation {
    let latest = later(this.floor, this.all);
    latest = later(latest, this.caches.get(cache));
    latest = later(latest, this.keys.get(key));
    for (const tag of tags) latest = later(latest, this.tags.get(tag));
    return latest;
  }

  private next(): Revocation {
    return { sequence: ++this.sequence, wall: this.wallTime.next() };
  }
}

function later(a: Revocation, b: Revocation | undefined): Revocation {
  return b !== undefined && b.sequence > a.sequence ? b : a;
}
