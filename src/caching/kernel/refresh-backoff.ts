import { BoundedMap } from '../../ground/index.js';
import type { Clock, Random } from '../../ground/index.js';

/** Bounds of the pause after a failed refresh, in milliseconds. */
export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

interface Failures {
  readonly count: number;
  readonly retryAt: number;
}

/**
 * Remembers for which keys the last refresh failed, so that stale hits do not cause one backend call
 * each. One pause is shared by all callers of a key; it is counted from the failure, doubles from
 * failure to failure, and is drawn from the upper half of the doubled span within its bounds. Where
 * the error says how long to wait, it is that, within the same bounds.
 */
export class RefreshBackoff {
  private readonly failures: BoundedMap<Failures>;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    /** Keys remembered; a forgotten one may be refreshed early, nothing else. */
    limit: number,
  ) {
    this.failures = new BoundedMap(limit);
  }

  /** Keys whose last refresh failed. */
  get size(): number {
    return this.failures.size;
  }

  /** Whether a refresh of `key` may be tried now. */
  mayTry(key: string): boolean {
    const failures = this.failures.get(key);
    return failures === undefined || this.clock.monotonic() >= failures.retryAt;
  }

  /** A refresh of `key` has failed just now, with `error`. Returns the pause, in milliseconds. */
  failed(key: string, { minMs, maxMs }: BackoffBounds, error?: unknown): number {
    const count = (this.failures.get(key)?.count ?? 0) + 1;
    const span = Math.min(maxMs, minMs * 2 ** count);
    const askedMs = retryAfterOf(error) ?? span * (0.5 + 0.5 * this.random());
    const pauseMs = Math.min(maxMs, Math.max(minMs, askedMs));
    this.failures.set(key, { count, retryAt: this.clock.monotonic() + pauseMs });
    return pauseMs;
  }

  /** `key` has a new value: the next failure counts as the first. Whether the last refresh failed. */
  succeeded(key: string): boolean {
    return this.failures.delete(key);
  }

  clear(): void {
    this.failures.clear();
  }
}

/** The wait that an error asks for by its `retryAfterMs`, in milliseconds. */
function retryAfterOf(error: unknown): number | undefined {
  const { retryAfterMs } = (error ?? {}) as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined;
}
