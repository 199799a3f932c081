import type { CacheRoom } from './cache-room.js';
import type { Invalidation } from './kernel/invalidation.js';
import { storageKey, storagePrefix } from './storage-key.js';

/** What a cache does when something of it becomes invalid. */
export interface InvalidatedCache {
  forgetKey(key: string): void;
  forgetTag(tag: string): void;
  forgetAll(): void;
}

/** Learns of each invalidation made in this process, after it took effect here. */
export type InvalidationListener = (invalidation: Invalidation) => void;

/** How far an invalidation that came from elsewhere reaches. */
export interface ApplyOptions {
  /** Leaves the tiers below memory alone, where their owner takes care of them. @default false */
  readonly memoryOnly?: boolean;
  /** Leaves the shared tier alone: the invalidation came from there. @default false */
  readonly ownOnly?: boolean;
}

/**
 * Where invalidations take effect: first the epoch, which fences whatever is under way, then memory,
 * both before it returns; then the tiers below.
 */
export class InvalidationHub {
  private readonly caches = new Map<string, InvalidatedCache>();
  private readonly listeners = new Set<InvalidationListener>();

  constructor(private readonly room: CacheRoom) {}

  register(name: string, cache: InvalidatedCache): void {
    this.caches.set(name, cache);
  }

  /** Adds a listener; the result removes it. */
  listen(listener: InvalidationListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Applies an invalidation made here and tells the listeners. */
  publish(invalidation: Invalidation): Promise<boolean> {
    const applied = this.apply(invalidation);
    for (const listener of this.listeners) listener(invalidation);
    const { events } = this.room.ports;
    if (events.hasSubscribers) events.publish({ type: 'invalidated', invalidation });
    return applied;
  }

  /**
   * Applies an invalidation. It holds for memory and for all flights when this returns; the promise
   * ends when the tiers below have dropped theirs, or could not: whether all of them have. What they
   * still have counts as missing here.
   */
  apply(
    invalidation: Invalidation,
    { memoryOnly = false, ownOnly = false }: ApplyOptions = {},
  ): Promise<boolean> {
    this.invalidateMemory(invalidation);
    return memoryOnly ? Promise.resolve(true) : this.invalidateTiers(invalidation, ownOnly);
  }

  private invalidateMemory(invalidation: Invalidation): void {
    const { epochs, memory } = this.room;
    switch (invalidation.kind) {
      case 'key':
        epochs.revokeKey(storageKey(invalidation.cache, invalidation.key));
        this.caches.get(invalidation.cache)?.forgetKey(invalidation.key);
        return;
      case 'tag':
        epochs.revokeTag(invalidation.tag);
        memory.tags.invalidate(invalidation.tag);
        for (const cache of this.caches.values()) cache.forgetTag(invalidation.tag);
        return;
      case 'cache':
        epochs.revokeCache(invalidation.cache);
        this.caches.get(invalidation.cache)?.forgetAll();
        return;
      case 'all':
        epochs.revokeAll();
        for (const cache of this.caches.values()) cache.forgetAll();
        memory.clear();
    }
  }

  private invalidateTiers(invalidation: Invalidation, ownOnly: boolean): Promise<boolean> {
    const { tiers } = this.room;
    switch (invalidation.kind) {
      case 'key':
        return tiers.delete(storageKey(invalidation.cache, invalidation.key), ownOnly);
      case 'tag':
        return tiers.deleteTag(invalidation.tag, ownOnly);
      case 'cache':
        return tiers.deletePrefix(storagePrefix(invalidation.cache), ownOnly);
      case 'all':
        return tiers.deletePrefix('', ownOnly);
    }
  }
}
