import type { CacheEntry } from '../../kernel/cache-entry.js';
import type { TagMark } from './tag-marks.js';

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
