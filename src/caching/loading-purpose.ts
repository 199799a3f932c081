import type { CacheEntry } from './kernel/cache-entry.js';

/** What brings the flight about. */
export interface LoadingPurpose {
  /** The caller has a stale value, or was offered one, and wants a newer one. */
  readonly newer?: boolean;
  /** The value in memory that the caller has already. */
  readonly inHand?: CacheEntry | undefined;
  /** The caller's own call, beside those of others: the tiers have nothing for it. */
  readonly solo?: boolean;
}
