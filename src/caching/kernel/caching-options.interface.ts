import type { CachePolicy, CachePolicyOptions } from './cache-policy.js';
import type { FlightRunner } from './flight-runner.js';
import type { TierBounds } from './guarded-tier.js';
import type { MemoryBounds } from './memory-tier.js';
import type { SharedTier, Tier, ValueCodec } from './tier.js';

/** What the caches of a module are made with. */
export interface CachingOptions {
  /**
   * Who makes one call out of many: a `CoalescingService`, a `Coalescer`, or anything of this shape.
   * Can be left out for a `CachingService` without Nest whose look-ups all name their own; the module
   * refuses to start without one.
   */
  readonly flights?: FlightRunner | undefined;
  /** Policy of caches that have none of their own. */
  readonly policy?: CachePolicyOptions | undefined;
  /** Bounds of the memory tier, over all caches. @default 64 MiB and 1_000_000 entries */
  readonly memory?: Partial<MemoryBounds> | undefined;
  /** Tiers below memory, the nearest first. They are closed on shutdown. @default none */
  readonly tiers?: readonly Tier[] | undefined;
  /**
   * The tier below {@link tiers} that other processes share, and that decides which of them calls the
   * backend. @default what the cluster module provides, if it is there
   */
  readonly shared?: SharedTier | undefined;
  /** How values become bytes for {@link tiers}. @default v8Codec */
  readonly codec?: ValueCodec | undefined;
  /** Longest wait for a look-up in one tier, in milliseconds; then it is a miss. @default 1_000 */
  readonly tierTimeoutMs?: number | undefined;
  /** Writes under way in one tier; more are dropped. @default 1_000 */
  readonly maxPendingWrites?: number | undefined;
  /** Caches that may be made, by whatever name. @default 1_000 */
  readonly maxCaches?: number | undefined;
  /**
   * Keys, in each cache, whose failed refreshes and whose pass markers are remembered.
   * @default 10_000
   */
  readonly maxRemembered?: number | undefined;
  /**
   * Invalidations of each kind that are remembered in order to fence what is under way; what is older
   * than the oldest of them counts as invalidated where that cannot be told.
   * @default 50_000
   */
  readonly maxInvalidations?: number | undefined;
}

/** {@link CachingOptions} with every default applied, checked and frozen. */
export type ResolvedCachingOptions = Readonly<
  Required<Omit<CachingOptions, 'flights' | 'policy' | 'memory' | 'shared'>> &
    Pick<CachingOptions, 'flights' | 'shared'> & {
      policy: CachePolicy;
      memory: MemoryBounds;
    } & TierBounds
>;
