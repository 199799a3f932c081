import type { CacheEntry } from '../../kernel/cache-entry.js';
import type { MemorySlot, SlotOwner } from './memory-slot.js';
import type { TagMarks } from './tag-marks.js';

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
