import { BoundedMap } from '../../ground/index.js';
import type { WallTime } from '../../ground/index.js';

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
  private readonly by: Readonly<Record<'key' | 'tag' | 'cache', BoundedMap<Revocation>>>;

  constructor(
    private readonly wallTime: WallTime,
    /** Revocations remembered of each kind. */
    limit: number,
  ) {
    const remembered = () =>
      new BoundedMap<Revocation>(limit, (dropped) => {
        this.floor = latest(this.floor, dropped);
      });
    this.by = { key: remembered(), tag: remembered(), cache: remembered() };
  }

  /**
   * Ends the epoch: what was before is void.
   * @param name of the key among all caches, the tag or the cache
   * @param version what has a smaller one is void; left out where the shared tier has not said it yet
   */
  revoke(kind: Invalidation['kind'], name: string, version?: number): void {
    const revocation = { sequence: ++this.now, wall: this.wallTime.next(), version };
    if (kind === 'all') this.all = revocation;
    else this.by[kind].set(name, revocation);
  }

  /** The shared tier has said which version this process's own invalidation has. */
  told(kind: Invalidation['kind'], name: string, version: number): void {
    const revocation = kind === 'all' ? this.all : this.by[kind].get(name);
    if (revocation === undefined || revocation === NEVER) return;
    revocation.version = Math.max(revocation.version ?? 0, version);
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
      revokes(this.by.cache.get(cache)) ||
      revokes(this.by.key.get(key)) ||
      tags.some((tag) => revokes(this.by.tag.get(tag)))
    );
  }
}

/** Both in one. */
function latest(a: Revocation, b: Revocation): Revocation {
  const { sequence, wall } = b.sequence > a.sequence ? b : a;
  const told =
    a.version === undefined || b.version === undefined ? undefined : [a.version, b.version];
  return { sequence, wall, version: told && Math.max(...told) };
}
