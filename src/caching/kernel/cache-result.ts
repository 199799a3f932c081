import type { CacheEntry } from './cache-entry.js';
import { ageMs, ttlMs } from './freshness.js';
import type { Lifetime } from './freshness.js';

/**
 * How a value was served: `hit`, fresh from a tier; `stale`, from a tier beyond its freshness; `miss`,
 * from the backend on behalf of this caller; `collapsed`, from the backend on behalf of another caller
 * whose flight this one joined.
 */
export type ServedAs = 'hit' | 'stale' | 'miss' | 'collapsed';

/** Why a stale value was served: it is being refreshed, or its refresh failed just now or lately. */
export type StaleBecause = 'revalidating' | 'error';

/**
 * Why a value that came from the backend was not kept: it is its leader's alone (`unshared`); its loader,
 * the policy or another process says so (`uncacheable`); it is larger than `maxEntryBytes`; memory has no
 * room for it at all; it was invalidated or overtaken while it was on its way.
 */
export type UnstoredBecause = 'unshared' | 'uncacheable' | 'too-large' | 'no-room' | 'overtaken';

/** A value, and how it came to be served. */
export interface CacheResult<T> {
  /** Shared with other callers: never change it. */
  readonly value: T;
  readonly served: ServedAs;
  /** Since its birth at the backend, in milliseconds. */
  readonly ageMs: number;
  /** How long it stays fresh, in milliseconds; negative when it is stale, 0 if it was not kept. */
  readonly ttlMs: number;
  /** Whether this flight has put it into the cache. */
  readonly stored: boolean;
  /** Set where a `miss` or `collapsed` was not kept. */
  readonly unstored?: UnstoredBecause | undefined;
  /** Tier that a `hit` or `stale` came from: `memory`, or the name of a tier below. */
  readonly tier?: string | undefined;
  /** Set when `served` is `stale`. */
  readonly staleBecause?: StaleBecause | undefined;
  /** Its entity tag, if it has one. */
  readonly etag?: string | undefined;
  /** What the loader has noted of the call that this look-up has waited for, by `LoadContext.note`. */
  readonly note?: unknown;
}

/**
 * What a flight ends with, for everyone on it: `loaded` from the backend; `found` in a tier, perhaps
 * stale; `rescued`, a stale value in place of an error; `passing`, which nobody may get later;
 * `unshared`, which is the leader's alone. Nothing but data: coalescers may copy it.
 */
export interface FlightResult<T> extends Lifetime {
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
export function resultOf<T>(
  flight: FlightResult<T>,
  now: number,
  served: ServedAs,
  staleBecause?: StaleBecause,
): CacheResult<T> {
  const { value, stored, unstored, tier, etag, note } = flight;
  const fromCache = served === 'hit' || served === 'stale';
  return {
    value,
    served,
    ageMs: ageMs(flight, now),
    ttlMs: fromCache || stored ? ttlMs(flight, now) : 0,
    stored,
    unstored,
    tier,
    staleBecause,
    etag,
    note,
  };
}
