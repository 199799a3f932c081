import { OptionReader, callback, text } from '../ground/index.js';
import type { CacheKey } from './kernel/cache-key.js';
import type { CachePolicyOptions } from './kernel/cache-policy.interface.js';
import { CACHE_POLICY_OPTIONS } from './kernel/resolve-cache-policy.js';

/** How `@Cached` caches a method. The policy members differ from the cache's policy. */
export interface CachedOptions<Args extends unknown[]> extends CachePolicyOptions {
  /**
   * What a call is the same by; everything that the result depends on has to be in it. Its parameters
   * are the method's, or its first ones.
   */
  readonly key: (...args: Args) => CacheKey;
  /** Cache that holds the values. @default the default cache */
  readonly cache?: string | undefined;
  /** What the values can be invalidated by. */
  readonly tags?: ((...args: Args) => readonly string[]) | undefined;
  /**
   * What the keys of this method begin with, in all processes and versions: this class's alone, and
   * demanded at start where there are tiers below memory, since a build may call the class anything.
   * @default `ClassName.method`, in this process
   */
  readonly name?: string | undefined;
}

export const CACHED_OPTIONS = new OptionReader<CachedOptions<never[]>>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    key: callback,
    cache: text,
    tags: callback,
    name: text,
  },
  CACHE_POLICY_OPTIONS.relations,
);
