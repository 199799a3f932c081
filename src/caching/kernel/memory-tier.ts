import { LinkedSet } from '../../ground/index.js';
import type { Place } from '../../ground/index.js';
import type { CacheEntry } from './cache-entry.js';
import type { TierHealth } from './tier.js';

/** One tag's share in an entry. Invalidating the tag marks it dead in all its entries at once. */
export interface TagMark {
  readonly tag: string;
  /** Entries that hold it. */
  entries: number;
  dead: boolean;
}

const NO_MARKS: readonly TagMark[] = Object.freeze([]);

/**
 * The tags of the entries in memory: as many marks as there are tags in use. Invalidation costs the
 * same whether one entry has the tag or a hundred thousand; the entries find out when they are looked
 * up, or are evicted.
 */
export class TagMarks {
  private readonly marks = new Map<string, TagMark>();

  /** Tags in use. */
  get size(): number {
    return this.marks.size;
  }

  /** Marks for an entry with `tags`; to be given back with {@link release}. */
  acquire(tags: readonly string[]): readonly TagMark[] {
    // One list for all: each hit looks at it, among a million entries in the processor's own cache.
    if (tags.length === 0) return NO_MARKS;
    return tags.map((tag) => {
      let mark = this.marks.get(tag);
      if (!mark) {
        mark = { tag, entries: 0, dead: false };
        this.marks.set(tag, mark);
      }
      mark.entries++;
      return mark;
    });
  }

  release(marks: readonly TagMark[]): void {
    for (const mark of marks) {
      mark.entries--;
      if (mark.entries === 0 && !mark.dead) this.marks.delete(mark.tag);
    }
  }

  /** Forgets all marks, together with their entries. */
  clear(): void {
    this.marks.clear();
  }

  /** Declares dead whatever holds `tag` now. */
  invalidate(tag: string): void {
    const mark = this.marks.get(tag);
    if (!mark) return;
    mark.dead = true;
    this.marks.delete(tag);
  }
}

/** An entry's place in memory. */
export interface MemoryEntry {
  readonly part: MemoryPart;
  readonly key: string;
  readonly entry: CacheEntry;
  readonly marks: readonly TagMark[];
  /** Which write of the shared tier the entry is, once that is known. */
  version: number | undefined;
  /** It counts as long as this is the tier's. */
  readonly generation: number;
  /** What was outdated up to this epoch does not concern it any more. */
  judgedIn: number;
  /** What it takes, once it is taken in. */
  bytes: number;
  /** The order of use in which it stands, once it is taken in, and where. */
  order: LinkedSet<MemoryEntry> | undefined;
  place: Place<MemoryEntry> | undefined;
  /** When a fresh hit last counted as use, in milliseconds on the monotonic clock. */
  usedAt: number;
  /** An early refresh was drawn for it and waits for somebody who can carry it out. */
  refreshDrawn: boolean;
}

/**
 * The part of the memory tier that belongs to one cache: its own keys, in the common bounds. A look-up
 * costs one read of a map with the key as it is, whatever the cache is called.
 */
export class MemoryPart {
  private held = new Map<string, MemoryEntry>();

  constructor(
    private readonly tier: MemoryTier,
    /** Name of the cache. */
    readonly cache: string,
  ) {}

  get entries(): number {
    return this.held.size;
  }

  /** What is held under `key`, unless one of its tags was invalidated. Does not count as use. */
  find(key: string): MemoryEntry | undefined {
    const held = this.alive(key);
    if (held?.generation !== this.tier.generation) return undefined;
    if (held.judgedIn !== this.tier.epoch) this.tier.judge(held);
    return held;
  }

  /** What is held under `key` in doubt: to be confirmed with {@link put}, or replaced. */
  doubtful(key: string): MemoryEntry | undefined {
    const held = this.alive(key);
    if (held === undefined || held.generation === this.tier.generation) return undefined;
    if (held.judgedIn !== this.tier.epoch) this.tier.judge(held);
    return held;
  }

  /** Makes it the most recently used. */
  touch(held: MemoryEntry): void {
    this.tier.touch(held);
  }

  /**
   * Stores an entry in place of the one before. Whether it fits.
   * @param inDoubt only {@link doubtful} finds it
   */
  put(key: string, entry: CacheEntry, version?: number, inDoubt = false): boolean {
    const before = this.held.get(key);
    const { stamp, tags, epoch } = this.tier;
    const generation = inDoubt ? DOUBTFUL : stamp;
    const marks = tags.acquire(entry.tags);
    // Without a spread: on Node 20 each object that one is made by has a shape of its own, and reading
    // from many shapes costs four times as much.
    const held: MemoryEntry = {
      part: this,
      key,
      entry,
      version,
      marks,
      generation,
      judgedIn: epoch,
      bytes: 0,
      order: undefined,
      place: undefined,
      usedAt: -Infinity,
      refreshDrawn: false,
    };
    // In its place: a key that is deleted and set again and again makes a large map slow.
    this.held.set(key, held);
    if (before) this.tier.drop(before);
    return this.tier.admit(held);
  }

  /** The value is whole, and takes so many bytes. */
  resize(held: MemoryEntry, sizeBytes: number): void {
    held.entry.sizeBytes = sizeBytes;
    this.tier.weighAgain(held);
  }

  delete(key: string): void {
    const held = this.held.get(key);
    if (held) this.tier.drop(held);
  }

  /** Forgets all keys, at once; their memory is reclaimed as room is needed. */
  clear(): void {
    this.held = new Map();
  }

  /** @internal It has left the tier. */
  dropped(held: MemoryEntry): void {
    if (this.held.get(held.key) === held) this.held.delete(held.key);
  }

  private alive(key: string): MemoryEntry | undefined {
    const held = this.held.get(key);
    if (held === undefined || held.marks.length === 0) return held;
    if (!held.marks.some((mark) => mark.dead)) return held;
    this.tier.drop(held);
    return undefined;
  }
}

/** What the memory tier may take. */
export interface MemoryBounds {
  /** Bytes of all entries, by estimate. */
  readonly maxBytes: number;
  /** Number of entries. */
  readonly maxEntries: number;
}

/** No entry is of it, so that nothing is found. */
const NONE = -1;
/** Entries of it are in doubt. */
const DOUBTFUL = -2;

/** Maps, list links and objects around a value, measured on Node 20 and rounded up. */
const ENTRY_BYTES = 512;

/** What an entry takes, in bytes, with its key and its tags. */
function weightOf({ key, entry }: MemoryEntry): number {
  const tagBytes = entry.tags.reduce((sum, tag) => sum + 2 * tag.length, 0);
  return Math.ceil(ENTRY_BYTES + 2 * key.length + tagBytes + entry.sizeBytes);
}

/**
 * The tier in front of all others: values as they are, found synchronously, bounded by bytes and by
 * number over all caches; the least recently used go first. There is no timer and no sweep: expired
 * entries leave when they are replaced or their room is needed.
 */
export class MemoryTier {
  readonly tags = new TagMarks();
  /** Entries of another generation are in doubt. */
  generation = 0;
  /** Generation of new entries. */
  stamp = 0;
  /** That in which something was outdated last: what was judged before it is judged once more, when it is used. */
  epoch = 0;
  private doubts = 0;
  private bytes = 0;
  private evictions = 0;
  private readonly parts = new Set<MemoryPart>();
  private byUse = new LinkedSet<MemoryEntry>();

  /**
   * @param evicted told of each entry that had to go to make room, once it has
   * @param outdates ends the freshness of an entry, if it was outdated since it was judged last
   */
  constructor(
    private readonly bounds: MemoryBounds,
    private readonly evicted: (held: MemoryEntry) => void = () => undefined,
    private readonly outdates: (held: MemoryEntry) => void = () => undefined,
  ) {}

  /** A part for one more cache. */
  part(cache = ''): MemoryPart {
    const part = new MemoryPart(this, cache);
    this.parts.add(part);
    return part;
  }

  /** Knows it no more: what it holds goes as room is needed. */
  forget(part: MemoryPart): void {
    part.clear();
    this.parts.delete(part);
  }

  judge(held: MemoryEntry): void {
    this.outdates(held);
    held.judgedIn = this.epoch;
  }

  touch({ order, place }: MemoryEntry): void {
    if (place) order?.moveToEnd(place);
  }

  /** Takes it in, at the expense of the least recently used. Whether it fits at all. */
  admit(held: MemoryEntry): boolean {
    const { maxBytes, maxEntries } = this.bounds;
    const bytes = weightOf(held);
    if (bytes > maxBytes || maxEntries === 0) {
      this.release(held);
      return false;
    }
    held.bytes = bytes;
    held.order = this.byUse;
    held.place = this.byUse.add(held);
    this.bytes += bytes;
    this.makeRoom();
    return true;
  }

  /** Its size has changed: at the expense of others as above, unless it does not fit any more. */
  weighAgain(held: MemoryEntry): void {
    if (held.order !== this.byUse) return;
    const bytes = weightOf(held);
    this.bytes += bytes - held.bytes;
    held.bytes = bytes;
    if (bytes > this.bounds.maxBytes) this.drop(held);
    else this.makeRoom();
  }

  private makeRoom(): void {
    const { maxBytes, maxEntries } = this.bounds;
    while (this.bytes > maxBytes || this.byUse.size > maxEntries) {
      const oldest = this.byUse.first as MemoryEntry;
      this.drop(oldest);
      this.evictions++;
      this.evicted(oldest);
    }
  }

  drop(held: MemoryEntry): void {
    const { order, place } = held;
    // What is gone already, with all others perhaps, is not to be counted again.
    if (!place || order !== this.byUse) return;
    held.order = held.place = undefined;
    order.delete(place);
    this.bytes -= held.bytes;
    this.release(held);
  }

  /** Declares everything doubtful: it is not found any more until it was confirmed. */
  doubt(): void {
    this.doubts++;
    this.trust(this.generation !== NONE);
  }

  /** While nothing is trusted, everything is in doubt again and again: before each use. */
  trust(trusted: boolean): void {
    this.generation = trusted ? this.doubts : NONE;
    this.stamp = trusted ? this.doubts : DOUBTFUL;
  }

  /** Forgets everything, at once. */
  clear(): void {
    for (const part of this.parts) part.clear();
    this.tags.clear();
    this.byUse = new LinkedSet();
    this.bytes = 0;
  }

  /** Counts what takes room, invalidated entries included that were not yet evicted. */
  health(): TierHealth {
    const { byUse, bytes, bounds, evictions } = this;
    return { status: 'up', entries: byUse.size, bytes, ...bounds, evictions, damaged: 0 };
  }

  private release(held: MemoryEntry): void {
    held.part.dropped(held);
    this.tags.release(held.marks);
  }
}
