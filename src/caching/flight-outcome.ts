import type { UnstoredBecause } from './kernel/cache-result.js';
import type { Lifetime } from './kernel/freshness.js';

/**
 * What a flight ends with, for everyone aboard: `loaded` from the backend; `found` in a tier, perhaps
 * stale; `rescued`, a stale value in place of an error; `passing`, which nobody may get later;
 * `unshared`, which is the leader's alone. Nothing but data: runners may freeze or copy it.
 */
export interface FlightOutcome<T> extends Lifetime {
  readonly kind: 'loaded' | 'found' | 'rescued' | 'passing' | 'unshared';
  readonly value: T;
  readonly tags: readonly string[];
  readonly etag: string | undefined;
  /** Epoch in which its flight began, or its call where processes share them. */
  readonly epoch: number;
  /** Version in the tier that processes share, of the value or of the right to fetch it. */
  readonly version: number | undefined;
  readonly stored: boolean;
  /** Why not, if it came from the backend. */
  readonly unstored: UnstoredBecause | undefined;
  /** Tier in which it was found. */
  readonly tier: string | undefined;
  /** What the loader has noted of its call. */
  readonly note: unknown;
}
