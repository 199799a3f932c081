import type { FlightOutcome } from './flight-outcome.js';
import type { CacheEntry } from './kernel/cache-entry.js';
import type { CacheResult, ServedAs, StaleBecause } from './kernel/cache-result.js';
import { ageMs, ttlMs } from './kernel/freshness.js';

/** The result for a fresh value in memory. */
export function hitResult<T>(entry: CacheEntry, now: number): CacheResult<T> {
  const age = ageMs(entry, now);
  return {
    value: valueFor(entry) as T,
    served: 'hit',
    ageMs: age,
    ttlMs: entry.freshMs - age,
    stored: false,
    tier: 'memory',
    staleBecause: undefined,
    etag: entry.etag,
  };
}

/** The value of an entry as one caller gets it. */
export function valueFor({ value, copy }: CacheEntry): unknown {
  return copy === undefined ? value : copy(value);
}

/** The result for a stale value in memory. */
export function staleResult<T>(
  entry: CacheEntry,
  now: number,
  staleBecause: StaleBecause,
): CacheResult<T> {
  return { ...hitResult<T>(entry, now), served: 'stale', staleBecause };
}

/** The result for what a flight has ended with. */
export function flightResult<T>(
  outcome: FlightOutcome<T>,
  now: number,
  served: ServedAs,
  staleBecause?: StaleBecause,
): CacheResult<T> {
  const { value, stored, unstored, tier, etag, note } = outcome;
  const fromCache = served === 'hit' || served === 'stale';
  return {
    value,
    served,
    ageMs: ageMs(outcome, now),
    ttlMs: fromCache || stored ? ttlMs(outcome, now) : 0,
    stored,
    unstored,
    tier,
    staleBecause,
    etag,
    note,
  };
}
