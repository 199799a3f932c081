import { LRUCache } from 'lru-cache';
import type { CacheEntry } from './cache-entry.js';
import type { TierHealth } from './tier.js';

/** One tag's share in an entry. Invalidating the tag marks it dead in all its entries at once. */
export interface TagMark {
  readonly tag: string;
  /** Entries that hold it. */
  entries: number;
  dead: boolean;
}

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

/** Who is told that a slot was dropped. */
export interface SlotOwner {
  dropped(slot: MemorySlot): void;
}

/** An entry's place in memory. */
export interface MemorySlot {
  readonly owner: SlotOwner;
  readonly key: string;
  readonly entry: CacheEntry;
  readonly marks: readonly TagMark[];
  /** Which write of the shared tier the entry is, once that is known. */
  version: number | undefined;
  /** The slot counts as long as this is the room's. */
  readonly generation: number;
  /** When a fresh hit last counted as use, in milliseconds on the monotonic clock. */
  usedAt: number;
  /** An early refresh was drawn for it and waits for somebody who can carry it out. */
  refreshDrawn: boolean;
}

/** The common room that shelves share. */
export interface MemoryRoom {
  readonly tags: TagMarks;
  /** Slots of another generation are in doubt. */
  readonly generation: number;
  /** Generation of new slots. */
  readonly stamp: number;
  /** Takes `slot` in, at the expense of the least recently used. Whether it fits at all. */
  admit(slot: MemorySlot): boolean;
  /** Makes `slot` the most recently used. */
  touch(slot: MemorySlot): void;
  drop(slot: MemorySlot): void;
}

/**
 * The part of the memory tier that belongs to one cache: its own keys, in the common bounds. A look-up
 * costs one read of a map with the key as it is, whatever the cache is called.
 */
export class MemoryShelf implements SlotOwner {
  private slots = new Map<string, MemorySlot>();

  constructor(private readonly room: MemoryRoom) {}

  get entries(): number {
    return this.slots.size;
  }

  /** The slot of `key`, unless one of its tags was invalidated. Does not count as use. */
  find(key: string): MemorySlot | undefined {
    const slot = this.held(key);
    return slot?.generation === this.room.generation ? slot : undefined;
  }

  /** The slot of `key`, if it is in doubt: to be confirmed with {@link put}, or replaced. */
  doubtful(key: string): MemorySlot | undefined {
    const slot = this.held(key);
    return slot?.generation === this.room.generation ? undefined : slot;
  }

  touch(slot: MemorySlot): void {
    this.room.touch(slot);
  }

  /** Stores an entry in place of the one before. Whether it fits. */
  put(key: string, entry: CacheEntry, version?: number): boolean {
    const before = this.slots.get(key);
    const { stamp: generation, tags } = this.room;
    const marks = tags.acquire(entry.tags);
    // Without a spread: on Node 20 each object that one is made by has a shape of its own, and reading
    // from many shapes costs four times as much.
    const slot: MemorySlot = {
      owner: this,
      key,
      entry,
      version,
      marks,
      generation,
      usedAt: -Infinity,
      refreshDrawn: false,
    };
    // In its place: a key that is deleted and set again and again makes a large map slow.
    this.slots.set(key, slot);
    if (before) this.room.drop(before);
    return this.room.admit(slot);
  }

  delete(key: string): void {
    const slot = this.slots.get(key);
    if (slot) this.room.drop(slot);
  }

  /** Forgets all keys, at once; their memory is reclaimed as room is needed. */
  clear(): void {
    this.slots = new Map();
  }

  private held(key: string): MemorySlot | undefined {
    const slot = this.slots.get(key);
    if (slot === undefined || slot.marks.length === 0) return slot;
    if (!slot.marks.some((mark) => mark.dead)) return slot;
    this.room.drop(slot);
    return undefined;
  }

  dropped(slot: MemorySlot): void {
    if (this.slots.get(slot.key) === slot) this.slots.delete(slot.key);
  }
}

/** What the memory tier may take. */
export interface MemoryBounds {
  /** Bytes of all entries, by estimate. A larger one is not held in memory, whatever `maxEntryBytes` allows. */
  readonly maxBytes: number;
  /** Number of entries. */
  readonly maxEntries: number;
}

/** No slot is of it, so that nothing is found. */
const NONE = -1;
/** Slots of it are in doubt. */
const DOUBTFUL = -2;

/** Maps, list links and objects around a value, measured on Node 20 and rounded up. */
const SLOT_BYTES = 512;

/**
 * The tier in front of all others: values as they are, found synchronously, bounded by bytes and by
 * number over all caches; the least recently used go first. There is no timer and no sweep: expired
 * entries leave when they are replaced or their room is needed.
 */
export class MemoryTier implements MemoryRoom {
  readonly tags = new TagMarks();
  generation = 0;
  stamp = 0;
  private doubts = 0;
  private readonly shelves = new Set<MemoryShelf>();
  // Keyed by the slot itself: the key's text is hashed once a look-up, in the shelf.
  private lru: LRUCache<MemorySlot, MemorySlot>;

  constructor(private readonly bounds: MemoryBounds) {
    this.lru = this.makeLru();
  }

  /** A shelf for one more cache. */
  shelf(): MemoryShelf {
    const shelf = new MemoryShelf(this);
    this.shelves.add(shelf);
    return shelf;
  }

  touch(slot: MemorySlot): void {
    this.lru.get(slot);
  }

  admit(slot: MemorySlot): boolean {
    const { key, entry } = slot;
    const tagBytes = entry.tags.reduce((sum, tag) => sum + 2 * tag.length, 0);
    const size = Math.ceil(SLOT_BYTES + 2 * key.length + tagBytes + entry.sizeBytes);
    if (size > this.bounds.maxBytes || this.bounds.maxEntries === 0) {
      this.release(slot);
      return false;
    }
    this.lru.set(slot, slot, { size });
    while (this.lru.size > this.bounds.maxEntries) this.lru.pop();
    return true;
  }

  drop(slot: MemorySlot): void {
    this.lru.delete(slot);
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
    for (const shelf of this.shelves) shelf.clear();
    this.tags.clear();
    this.lru = this.makeLru();
  }

  /** Counts what takes room, invalidated entries included that were not yet evicted. */
  health(): TierHealth {
    const { size, calculatedSize } = this.lru;
    return { status: 'up', entries: size, bytes: calculatedSize, damaged: 0 };
  }

  private makeLru(): LRUCache<MemorySlot, MemorySlot> {
    return new LRUCache<MemorySlot, MemorySlot>({
      maxSize: Math.max(1, this.bounds.maxBytes),
      dispose: (slot) => {
        this.release(slot);
      },
    });
  }

  private release(slot: MemorySlot): void {
    slot.owner.dropped(slot);
    this.tags.release(slot.marks);
  }
}
