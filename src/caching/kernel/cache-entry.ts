import type { Lifetime } from './freshness.js';

/** A value in memory, with all that is known about it. */
export interface CacheEntry extends Lifetime {
  /** As its callers share it: {@link copy} of it where that is there, or else it itself. */
  readonly value: unknown;
  readonly copy: (<T>(value: T) => T) | undefined;
  /** Birth in wall time, in milliseconds since the Unix epoch, for the tiers below. */
  readonly bornWall: number;
  readonly tags: readonly string[];
  readonly etag: string | undefined;
  /** How long the backend took, in milliseconds; 0 where it is not known. */
  readonly loadMs: number;
  /** Estimated size of the value, in bytes. */
  readonly sizeBytes: number;
  /** Number of the flight that brought it: an older flight never replaces a newer one's value. */
  readonly flight: number;
}
