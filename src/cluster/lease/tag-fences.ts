import { isToken } from '../kernel/index.js';
import type { LeaseSettings } from '../kernel/index.js';
import type { Store, StoreReply } from '../store/store.js';
import type { SharedValue } from './leases.js';
import { TAG } from './scripts/tag.script.js';
import { TAG_FENCE } from './scripts/tag-fence.script.js';

/** Fences that are remembered as they were heard; of what is older than one that is not, it is asked. */
const MAX_HEARD = 10_000;

/**
 * Invalidation by tag. A tag's fence is the moment up to which values that carry it are void, kept for
 * as long as any such value can be. Of a value that began while every message was heard, all fences that
 * can void it have been heard. For any other it is looked up whenever it comes from the store or goes
 * there.
 */
export class TagFences {
  private readonly heard = new Map<string, number>();
  /** The latest of the fences that were heard and are not remembered. */
  private forgotten = 0;

  constructor(
    private readonly store: Store,
    private readonly settings: LeaseSettings,
    private readonly bus: string,
    /** Since when every message has been heard, by the store's clock; `undefined` if any may be missing. */
    private readonly hearingSince: () => number | undefined,
  ) {}

  /** A tag was invalidated, whoever did it. */
  hear(tag: string, fence: number): void {
    if (fence <= (this.heard.get(tag) ?? 0)) return;
    this.heard.delete(tag);
    this.heard.set(tag, fence);
    if (this.heard.size <= MAX_HEARD) return;
    for (const [oldest, its] of this.heard) {
      this.heard.delete(oldest);
      this.forgotten = Math.max(this.forgotten, its);
      break;
    }
  }

  /** Voids what carries the tag. Rejects as the store does. @returns the tag's fence */
  async invalidate(tag: string): Promise<number> {
    const reply = await this.store.run(
      TAG,
      [this.key(tag)],
      [this.settings.maxKeepMs, this.bus, tag],
    );
    const fence = fenceOf(reply);
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
    const stored = isHeard ? 0 : await this.latest(tags);
    // A store that came back with what it held before may have fewer of them than were heard.
    const latest = tags.reduce((most, tag) => Math.max(most, this.heard.get(tag) ?? 0), stored);
    return latest >= token ? latest : 0;
  }

  /**
   * The latest fence that the store has of any of the tags, or 0. Rejects as the store does, and where
   * one of them is damaged: what it voids cannot be told.
   */
  async latest(tags: readonly string[]): Promise<number> {
    // One command a tag: in a Redis Cluster each lies somewhere else.
    const fences = await Promise.all(
      tags.map((tag) => this.store.run(TAG_FENCE, [this.key(tag)], [])),
    );
    return Math.max(0, ...fences.map(fenceOf));
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

  private key(tag: string): string {
    return `${this.settings.namespace}:t:${tag}`;
  }
}

function fenceOf(reply: StoreReply): number {
  if (typeof reply === 'number' && isToken(reply)) return reply;
  throw new TypeError('The store has no readable fence of a tag');
}
