import { BoundedMap } from '../../ground/index.js';
import type { WallTime } from './clocks.js';

/**
 * What was declared invalid: one key of a cache, everything with a tag in any cache, everything in a
 * cache, or everything. Small and serialisable, so that it can be sent to other instances.
 */
export type Invalidation =
  | { readonly kind: 'key'; readonly cache: string; readonly key: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'cache'; readonly cache: string }
  | { readonly kind: 'all' };

/** When something was invalidated: as a number in sequence, and in wall time for stored records. */
interface Revocation {
  readonly sequence: number;
  readonly wall: number;
  /** What has a smaller version in the tier that processes share is void by it, once that is known. */
  version: number | undefined;
}

const NEVER: Revocation = Object.freeze({ sequence: 0, wall: -Infinity, version: 0 });

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
 *
 * Where processes share a tier, its versions alone say what was before and what after: an invalidation
 * may be heard of long after it took effect, and a call that began in between is not void by it.
 */
export class Epochs {
  /** The present epoch, which each revocation ends: what a flight notes when it starts. */
  now = 0;
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
      this.floor = latest(this.floor, dropped);
    };
    this.keys = new BoundedMap(limit, raiseFloor);
    this.tags = new BoundedMap(limit, raiseFloor);
    this.caches = new BoundedMap(limit, raiseFloor);
  }

  /** @param version what has a smaller one is void; left out where the shared tier has not said it yet */
  revokeKey(key: string, version?: number): void {
    this.keys.set(key, this.next(version));
  }

  /** As {@link revokeKey}. */
  revokeTag(tag: string, version?: number): void {
    this.tags.set(tag, this.next(version));
  }

  /** As {@link revokeKey}. */
  revokeCache(cache: string, version?: number): void {
    this.caches.set(cache, this.next(version));
  }

  /** As {@link revokeKey}. */
  revokeAll(version?: number): void {
    this.all = this.next(version);
  }

  /** The shared tier has said which version this process's own invalidation of a key has. */
  keyTold(key: string, version: number): void {
    tell(this.keys.get(key), version);
  }

  /** As {@link keyTold}. */
  tagTold(tag: string, version: number): void {
    tell(this.tags.get(tag), version);
  }

  /** As {@link keyTold}. */
  cacheTold(cache: string, version: number): void {
    tell(this.caches.get(cache), version);
  }

  /** As {@link keyTold}. */
  allTold(version: number): void {
    if (this.all !== NEVER) tell(this.all, version);
  }

  /**
   * Whether a value computed since `epoch` was invalidated meanwhile.
   * @param version that of the right by which it was computed, or of the value itself, where it has one
   */
  revokedSince(epoch: number, subject: RevocableBy, version?: number): boolean {
    return this.isRevoked(subject, version, ({ sequence }) => sequence > epoch);
  }

  /**
   * Whether a record born at `wall` (milliseconds since the Unix epoch) was invalidated since.
   * @param version that of the record, where it has one
   */
  revokedBorn(wall: number, subject: RevocableBy, version?: number): boolean {
    return this.isRevoked(subject, version, (revocation) => revocation.wall >= wall);
  }

  private isRevoked(
    { cache, key, tags }: RevocableBy,
    version: number | undefined,
    isLater: (revocation: Revocation) => boolean,
  ): boolean {
    const revokes = (revocation: Revocation | undefined) => {
      if (revocation === undefined) return false;
      if (version === undefined || revocation.version === undefined) return isLater(revocation);
      return revocation.version > version;
    };
    return (
      revokes(this.floor) ||
      revokes(this.all) ||
      revokes(this.caches.get(cache)) ||
      revokes(this.keys.get(key)) ||
      tags.some((tag) => revokes(this.tags.get(tag)))
    );
  }

  private next(version: number | undefined): Revocation {
    return { sequence: ++this.now, wall: this.wallTime.next(), version };
  }
}

function tell(revocation: Revocation | undefined, version: number): void {
  if (revocation) revocation.version = Math.max(revocation.version ?? 0, version);
}

/** Both in one. */
function latest(a: Revocation, b: Revocation): Revocation {
  const { sequence, wall } = b.sequence > a.sequence ? b : a;
  const told =
    a.version === undefined || b.version === undefined ? undefined : [a.version, b.version];
  return { sequence, wall, version: told && Math.max(...told) };
}
