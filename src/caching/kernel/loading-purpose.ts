import type { CacheEntry } from './cache-entry.js';

/** What brings the flight about. */
export interface LoadingPurpose {
  /** The caller has a stale value, or was offered one, and wants a newer one. */
  readonly newer?: boolean;
  /** The value in memory that the caller has already. */
  readonly inHand?: CacheEntry | undefined;
  /** The caller's own call, beside those of others: the tiers have nothing for it. */
  readonly solo?: boolean;
}

/** Who hears of what becomes of a loading. */
export interface LoadingListener {
  /** The loader has failed, and that was taken into account. */
  failed(): void;
  /** The call is made by a right that all processes know by this version. */
  led(version: number): void;
}
