import { BoundedMap } from '../../ground/index.js';
import type { WallTime } from '../../ground/index.js';

/** One key of a cache, everything with a tag in any cache, everything in a cache, or everything. */
type Extent =
  | { readonly kind: 'key'; readonly cache: string; readonly key: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'cache'; readonly cache: string }
  | { readonly kind: 'all' };

/** What was declared invalid. Small and serialisable, so that it can be sent to other instances. */
export type Invalidation = Extent & {
  /** What is stored is not dropped: it is stale from now on, and served where that may be. @default false */
  readonly soft?: true;
};

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
  private readonly hard: Revocations;
  private readonly soft: Revocations;

  constructor(
    private readonly wallTime: WallTime,
    /** Revocations remembered of each kind. */
    limit: number,
  ) {
    this.hard = new Revocations(limit);
    this.soft = new Revocations(limit);
  }

  /**
   * Ends the epoch: what was before is void, or outdated where that is enough.
   * @param name of the key among all caches, the tag or the cache
   * @param version what has a smaller one is void; left out where the shared tier has not said it yet
   */
  revoke(kind: Invalidation['kind'], name: string, version?: number, soft = false): void {
    const revocation = { sequence: ++this.now, wall: this.wallTime.next(), version };
    this.those(soft).add(kind, name, revocation);
  }

  /** The shared tier has said which version this process's own invalidation has. */
  told(kind: Invalidation['kind'], name: string, version: number, soft = false): void {
    this.those(soft).told(kind, name, version);
  }

  /**
   * Whether what was computed since `epoch` was invalidated meanwhile: it brings back what was before.
   * @param version that of the right by which it was computed, or of the value itself, where it has one
   */
  revokedSince(epoch: number, subject: RevocableBy, version?: number): boolean {
    const isLater = ({ sequence }: Revocation) => sequence > epoch;
    return this.voidedSince(epoch, subject, version) || this.soft.any(subject, version, isLater);
  }

  /** Whether what is stored, and was of use in `epoch`, is to be dropped since. */
  voidedSince(epoch: number, subject: RevocableBy, version?: number): boolean {
    return this.hard.any(subject, version, ({ sequence }) => sequence > epoch);
  }

  /**
   * Whether a record born at `wall` (milliseconds since the Unix epoch) was invalidated since.
   * @param version that of the record, where it has one
   */
  revokedBorn(wall: number, subject: RevocableBy, version?: number): boolean {
    return this.hard.any(subject, version, (revocation) => revocation.wall >= wall);
  }

  /** When what is stored since `epoch` was outdated, in wall time; `undefined` where it was not. */
  outdatedSince(epoch: number, subject: RevocableBy, version?: number): number | undefined {
    return this.soft.first(subject, version, ({ sequence }) => sequence > epoch)?.wall;
  }

  /** {@link outdatedSince} for a record that was born at `wall`. */
  outdatedBorn(wall: number, subject: RevocableBy, version?: number): number | undefined {
    return this.soft.first(subject, version, (revocation) => revocation.wall >= wall)?.wall;
  }

  private those(soft: boolean): Revocations {
    return soft ? this.soft : this.hard;
  }
}

/** Revocations of one sort. */
class Revocations {
  private floor = NEVER;
  private all = NEVER;
  private readonly by: Readonly<Record<'key' | 'tag' | 'cache', BoundedMap<Revocation>>>;

  constructor(limit: number) {
    const remembered = () =>
      new BoundedMap<Revocation>(limit, (dropped) => {
        this.floor = latest(this.floor, dropped);
      });
    this.by = { key: remembered(), tag: remembered(), cache: remembered() };
  }

  add(kind: Invalidation['kind'], name: string, revocation: Revocation): void {
    if (kind === 'all') this.all = revocation;
    else this.by[kind].set(name, revocation);
  }

  told(kind: Invalidation['kind'], name: string, version: number): void {
    const revocation = kind === 'all' ? this.all : this.by[kind].get(name);
    if (revocation === undefined || revocation === NEVER) return;
    revocation.version = Math.max(revocation.version ?? 0, version);
  }

  any(
    subject: RevocableBy,
    version: number | undefined,
    isLater: (revocation: Revocation) => boolean,
  ): boolean {
    return this.first(subject, version, isLater) !== undefined;
  }

  first(
    { cache, key, tags }: RevocableBy,
    version: number | undefined,
    isLater: (revocation: Revocation) => boolean,
  ): Revocation | undefined {
    const revokes = (revocation: Revocation | undefined) => {
      if (revocation === undefined) return false;
      if (version === undefined || revocation.version === undefined) return isLater(revocation);
      return revocation.version > version;
    };
    if (revokes(this.floor)) return this.floor;
    if (revokes(this.all)) return this.all;
    const { cache: caches, key: keys, tag: marks } = this.by;
    const [one, other] = [caches.get(cache), keys.get(key)];
    if (revokes(one)) return one;
    if (revokes(other)) return other;
    for (const tag of tags) {
      const marked = marks.get(tag);
      if (revokes(marked)) return marked;
    }
    return undefined;
  }
}

/** Both in one. */
function latest(a: Revocation, b: Revocation): Revocation {
  const { sequence, wall } = b.sequence > a.sequence ? b : a;
  const told =
    a.version === undefined || b.version === undefined ? undefined : [a.version, b.version];
  return { sequence, wall, version: told && Math.max(...told) };
}
