import type { LeaseSettings } from '../kernel/index.js';
import type { Store } from '../store/store.js';
import type { SharedValue } from './leases.js';
import { TAG } from './scripts/tag.script.js';
import { TAG_FENCE } from './scripts/tag-fence.script.js';

/**
 * Invalidation by tag. A tag's fence is the moment up to which values that carry it are void, kept for
 * as long as any such value can be. It is looked up for each tagged value that comes from the store or
 * goes there, whatever messages say: the leader of a value began before a fence, or after it.
 */
export class TagFences {
  constructor(
    private readonly store: Store,
    private readonly settings: LeaseSettings,
    private readonly bus: string,
  ) {}

  /** Voids what carries the tag. Rejects as the store does. @returns the tag's fence */
  async invalidate(tag: string): Promise<number> {
    const reply = await this.store.run(
      TAG,
      [this.key(tag)],
      [this.settings.maxKeepMs, this.bus, tag],
    );
    return Number(reply);
  }

  /** The latest fence of any of the tags, or 0; in one round trip. Rejects as the store does. */
  async latest(tags: readonly string[]): Promise<number> {
    // One command a tag: in a Redis Cluster each lies somewhere else.
    const fences = await Promise.all(
      tags.map((tag) => this.store.run(TAG_FENCE, [this.key(tag)], [])),
    );
    return Math.max(0, ...fences.map(Number));
  }

  /** The value, unless one of its tags was invalidated since, or that cannot be told. */
  async unlessVoid(value: SharedValue | undefined): Promise<SharedValue | undefined> {
    if (!value || value.tags.length === 0) return value;
    try {
      return (await this.latest(value.tags)) < value.token ? value : undefined;
    } catch {
      return undefined;
    }
  }

  private key(tag: string): string {
    return `${this.settings.namespace}:t:${tag}`;
  }
}
