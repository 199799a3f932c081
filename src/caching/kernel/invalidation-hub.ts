import { storageKey, storagePrefix } from './cache-key.js';
import type { CacheContext } from './cache-context.js';
import type { Invalidation } from './epochs.js';
import type { Drop } from './tier.js';

/** What a cache does when something of it becomes invalid. */
export interface InvalidatedCache {
  /** @param before what is known to have this version of the shared tier, or a later one, is not void */
  forgetKey(key: string, before?: number): void;
  forgetTag(tag: string, before?: number): void;
  forgetAll(before?: number): void;
  /** What is stored stays, and nobody joins what is being fetched any more: of `key`, or of all keys. */
  outdated(key: string | undefined, before?: number): void;
}

/** How something is invalidated. */
export interface InvalidateOptions {
  /**
   * What is stored is not dropped: its freshness ends now. It is refreshed, or confirmed, when it is asked for
   * next, and stands in meanwhile where its stale times allow that, which begin now. @default false
   */
  readonly soft?: boolean | undefined;
}

/** The invalidation as it is wished. */
export function asWished(
  invalidation: Invalidation,
  { soft = false }: InvalidateOptions = {},
): Invalidation {
  return soft ? { ...invalidation, soft } : invalidation;
}

/** Learns of each invalidation made in this process, after it took effect here. */
export type InvalidationListener = (invalidation: Invalidation) => void;

/** How far an invalidation that came from elsewhere reaches. */
export interface ApplyOptions {
  /** Leaves the tiers below memory alone, where their owner takes care of them. @default false */
  readonly memoryOnly?: boolean;
  /** Leaves the shared tier alone: the invalidation came from there. @default false */
  readonly ownOnly?: boolean;
  /** What has this version of the shared tier, or a later one, is not void by it. @default everything is void */
  readonly version?: number | undefined;
}

/**
 * Where invalidations take effect: first the epoch, which fences whatever is under way, then memory,
 * both before it returns; then the tiers below. A soft one fences the same, and leaves what is stored as stale.
 */
export class InvalidationHub {
  private readonly caches = new Map<string, InvalidatedCache>();
  private readonly listeners = new Set<InvalidationListener>();

  constructor(private readonly context: CacheContext) {}

  register(name: string, cache: InvalidatedCache): void {
    this.caches.set(name, cache);
  }

  unregister(name: string): void {
    this.caches.delete(name);
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
    const { events } = this.context.ports;
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
    { memoryOnly = false, ownOnly = false, version }: ApplyOptions = {},
  ): Promise<boolean> {
    this.invalidateMemory(invalidation, version);
    return memoryOnly ? Promise.resolve(true) : this.invalidateTiers(invalidation, ownOnly);
  }

  /** The shared tier has taken an invalidation that was made here, and holds here. */
  told(invalidation: Invalidation, version: number): void {
    const { kind, soft } = invalidation;
    this.context.epochs.told(kind, nameOf(invalidation), version, soft);
  }

  private invalidateMemory(invalidation: Invalidation, version?: number): void {
    const { epochs, memory } = this.context;
    epochs.revoke(invalidation.kind, nameOf(invalidation), version, invalidation.soft);
    if (invalidation.soft) {
      memory.epoch = epochs.now;
      this.outdateMemory(invalidation, version);
      return;
    }
    switch (invalidation.kind) {
      case 'key':
        this.caches.get(invalidation.cache)?.forgetKey(invalidation.key, version);
        return;
      case 'tag':
        memory.tags.invalidate(invalidation.tag);
        for (const cache of this.caches.values()) cache.forgetTag(invalidation.tag, version);
        return;
      case 'cache':
        this.caches.get(invalidation.cache)?.forgetAll(version);
        return;
      case 'all':
        for (const cache of this.caches.values()) cache.forgetAll(version);
        memory.clear();
    }
  }

  /** The entries find out when they are used; refreshes that have failed may be tried at once. */
  private outdateMemory(invalidation: Invalidation, version?: number): void {
    switch (invalidation.kind) {
      case 'key':
        this.caches.get(invalidation.cache)?.outdated(invalidation.key, version);
        return;
      case 'tag':
        for (const cache of this.caches.values()) cache.forgetTag(invalidation.tag, version);
        return;
      case 'cache':
        this.caches.get(invalidation.cache)?.outdated(undefined, version);
        return;
      case 'all':
        for (const cache of this.caches.values()) cache.outdated(undefined, version);
    }
  }

  private invalidateTiers(invalidation: Invalidation, ownOnly: boolean): Promise<boolean> {
    const { tiers, wallTime } = this.context;
    const [how, what] = reachOf(invalidation);
    return invalidation.soft
      ? tiers.outdate(how, what, wallTime.now(), ownOnly)
      : tiers.drop(how, what, ownOnly);
  }
}

/** What an invalidation means in the tiers below memory. */
function reachOf(invalidation: Invalidation): readonly [how: Drop, what: string] {
  switch (invalidation.kind) {
    case 'key':
      return ['delete', nameOf(invalidation)];
    case 'tag':
      return ['deleteTag', invalidation.tag];
    case 'cache':
      return ['deletePrefix', storagePrefix(invalidation.cache)];
    case 'all':
      return ['deletePrefix', ''];
  }
}

/** What an invalidation is remembered by among those of its kind. */
function nameOf(invalidation: Invalidation): string {
  switch (invalidation.kind) {
    case 'key':
      return storageKey(invalidation.cache, invalidation.key);
    case 'tag':
      return invalidation.tag;
    case 'cache':
      return invalidation.cache;
    case 'all':
      return '';
  }
}
