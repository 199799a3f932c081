import type { CachePolicy } from './cache-policy.js';
import type { Lifetime, Random } from './freshness.js';
import type { ValueFacts } from './load-outcome.js';

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

/** What an entry is made of. */
export interface Birth {
  readonly value: unknown;
  readonly copy: CacheEntry['copy'];
  /** What is said about it, `ageMs` included: it was born so long before it arrived. */
  readonly facts: ValueFacts;
  /** Its tags beside those of the {@link facts}. */
  readonly tags?: readonly string[] | undefined;
  /** It says that there is nothing. */
  readonly negative: boolean;
  readonly sizeBytes: number;
  readonly loadMs: number;
  readonly flight: number;
}

/** The moment of arrival, on both clocks. */
export interface Arrival {
  readonly monotonic: number;
  readonly wall: number;
}

/** An entry that lives by `policy`, counted from its birth at the backend. */
export function newEntry(
  { value, copy, facts, tags, negative, sizeBytes, loadMs, flight }: Birth,
  policy: CachePolicy,
  arrival: Arrival,
  random: Random,
): CacheEntry {
  const ageMs = Math.max(0, facts.ageMs ?? 0);
  const { negativeMs } = policy;
  const times = negative
    ? { freshMs: negativeMs, staleMs: negativeMs, staleIfErrorMs: negativeMs }
    : facts.revalidate
      ? NEVER
      : policy;
  return {
    value,
    copy,
    bornAt: arrival.monotonic - ageMs,
    bornWall: arrival.wall - ageMs,
    freshMs: shortenAtRandom(times.freshMs, policy.jitter, random),
    staleMs: times.staleMs,
    staleIfErrorMs: times.staleIfErrorMs,
    tags: distinct(tags, facts.tags),
    etag: facts.etag,
    loadMs,
    sizeBytes,
    flight,
  };
}

/**
 * An entry that somebody else has made, by a policy of his own, as it lives here: the smaller of both
 * times counts. What says that there is nothing has a time of its own.
 */
export function limitedTo(policy: CachePolicy, entry: CacheEntry): CacheEntry {
  const { freshMs, staleMs, staleIfErrorMs, negativeMs } = policy;
  const within =
    entry.freshMs <= freshMs && entry.staleMs <= staleMs && entry.staleIfErrorMs <= staleIfErrorMs;
  if (within || Math.max(entry.staleMs, entry.staleIfErrorMs) <= negativeMs) return entry;
  return {
    ...entry,
    freshMs: Math.min(entry.freshMs, freshMs),
    staleMs: Math.min(entry.staleMs, staleMs),
    staleIfErrorMs: Math.min(entry.staleIfErrorMs, staleIfErrorMs),
  };
}

/** What has to be confirmed before it is used is never fresh, and never stale enough. */
const NEVER = Object.freeze({ freshMs: 0, staleMs: 0, staleIfErrorMs: 0 });

const NONE: readonly string[] = Object.freeze([]);

function distinct(some = NONE, more = NONE): readonly string[] {
  return some.length + more.length === 0 ? NONE : [...new Set([...some, ...more])];
}

/**
 * Shortens `freshMs` by a random part of at most `jitter` (a fraction), so that values born together
 * do not expire together. Never lengthens it: freshness is a promise.
 */
export function shortenAtRandom(freshMs: number, jitter: number, random: Random): number {
  return jitter === 0 ? freshMs : freshMs * (1 - jitter * random());
}
