import { LRUCache } from 'lru-cache';
import type { TierHealth } from '../tier.js';
import { MemoryShelf } from './memory-shelf.js';
import type { MemoryRoom } from './memory-shelf.js';
import type { MemorySlot } from './memory-slot.js';
import { TagMarks } from './tag-marks.js';

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
