import type { BackoffBounds } from './refresh-backoff.js';

/**
 * How long values live and what is done with them when they are stale. Given for a cache, and for
 * single calls where they differ; a value lives by the policy under which it was stored. All times are
 * milliseconds and are counted from the birth of the value at the backend.
 */
export interface CachePolicyOptions {
  /** Age up to which a value is served without asking. @default 10_000 */
  readonly freshMs?: number | undefined;
  /**
   * Total age up to which a stale value may be served while it is refreshed, freshness included: a value
   * that is fresh for 10 s and may then be stale for another 20 s has 30_000. 0, or `freshMs` itself, means
   * never; what lies between them is refused.
   * @default 60_000
   */
  readonly staleMs?: number | undefined;
  /**
   * Total age up to which a stale value replaces an error, a timeout or an open circuit; 0, or `freshMs`
   * itself, means never, and what lies between them is refused.
   * @default staleMs
   */
  readonly staleIfErrorMs?: number | undefined;
  /**
   * How long a caller with a stale value in hand waits for a fresh one.
   * @default 0, which serves the stale value at once
   */
  readonly softTimeoutMs?: number | undefined;
  /**
   * Fraction by which freshness is shortened at random, so that keys born together do not expire
   * together.
   * @default 0.1
   */
  readonly jitter?: number | undefined;
  /**
   * Refreshes fresh values by chance before they expire, the busier and slower keys the earlier
   * (XFetch); the number is its beta, 1 is a good one.
   * @default 0, which is off
   */
  readonly earlyRefresh?: number | undefined;
  /**
   * Bounds of the pause after a failed refresh, which doubles from failure to failure and is shared by
   * all callers. An error that has `retryAfterMs` sets it, within them.
   * @default { minMs: 1_000, maxMs: 30_000 }
   */
  readonly refreshBackoff?: Partial<BackoffBounds> | undefined;
  /** How long a "not there" (404, 410) is kept. @default 0, which shares it and keeps nothing */
  readonly negativeMs?: number | undefined;
  /**
   * How long the callers of a key whose value was its leader's alone make their own calls in parallel.
   * @default 30_000
   */
  readonly passMs?: number | undefined;
  /** What is larger is shared by the callers of its flight and not kept. @default 4_194_304 (4 MiB) */
  readonly maxEntryBytes?: number | undefined;
  /**
   * Whether a value may be kept. Asked once for each value the loader returns without a verdict of its
   * own; its parameter may have the type of the cache's values.
   * @default every value
   */
  readonly cacheable?: ((value: never) => boolean) | undefined;
}

/** {@link CachePolicyOptions} with every default applied, checked and frozen. */
export type CachePolicy = Readonly<
  Required<Omit<CachePolicyOptions, 'refreshBackoff' | 'cacheable'>> & {
    refreshBackoff: BackoffBounds;
    cacheable: (value: unknown) => boolean;
  }
>;
