import { BoundedMap } from '../../ground/index.js';
import type { LeaseStore } from './lease-ports.js';
import type { SharedValue } from './leases.js';

/** Fences that are remembered as they were heard; of what is older than one that is not, it is asked. */
const MAX_HEARD = 10_000;

/**
 * Invalidation by tag. A tag's fence is the moment up to which values that carry it are void, kept for
 * as long as any such value can be. Of a value that began while every message was heard, all fences that
 * can void it have been heard. For any other it is looked up whenever it comes from the store or goes
 * there.
 */
export class TagFences {
  private readonly heard = new BoundedMap<number>(MAX_HEARD, (fence) => {
    this.forgotten = Math.max(this.forgotten, fence);
  });
  /** The latest of the fences that were heard and are not remembered. */
  private forgotten = 0;

  constructor(
    private readonly store: LeaseStore,
    /** Since when every message has been heard, by the store's clock; `undefined` if any may be missing. */
    private readonly hearingSince: () => number | undefined,
  ) {}

  /** A tag was invalidated, whoever did it. */
  hear(tag: string, fence: number): void {
    if (fence > (this.heard.get(tag) ?? 0)) this.heard.set(tag, fence);
  }

  /** Voids what carries the tag. Rejects as the store does. @returns the tag's fence */
  async invalidate(tag: string): Promise<number> {
    const fence = await this.store.fenceTag(tag);
    this.hear(tag, fence);
    return fence;
  }

  /**
   * A fence of the tags that voids what has this token, the latest of them, or 0; in one round trip at
   * most. Rejects as the store does.
   */
  async voiding(tags: readonly string[], token: number): Promise<number> {
    if (tags.length === 0) return 0;
    const since = this.hearingSince();
    const isHeard = since !== undefined && token > Math.max(since, this.forgotten);
    // One command a tag: in a Redis Cluster each lies somewhere else.
    const stored = isHeard ? [] : await Promise.all(tags.map((tag) => this.store.tagFence(tag)));
    // A store that came back with what it held before may have fewer of them than were heard.
    const latest = Math.max(...stored, ...tags.map((tag) => this.heard.get(tag) ?? 0));
    return latest >= token ? latest : 0;
  }

  /** The value, unless one of its tags was invalidated since, or that cannot be told. */
  async unlessVoid(value: SharedValue | undefined): Promise<SharedValue | undefined> {
    if (!value || value.tags.length === 0) return value;
    try {
      return (await this.voiding(value.tags, value.token)) === 0 ? value : undefined;
    } catch {
      return undefined;
    }
  }
}
