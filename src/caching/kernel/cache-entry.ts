import type { Random } from '../../ground/index.js';
import type { CachePolicy } from './cache-policy.js';
import { ageMs, outdatedAt, ttlMs, usefulMs } from './freshness.js';
import type { KeptLifetime, Lifetime } from './freshness.js';
import type { ValueFacts, ValueLifetime } from './load-outcome.js';

/** A value in memory, with all that is known about it. */
export interface CacheEntry extends KeptLifetime {
  /** As its callers share it: {@link copy} of it where that is there, or else it itself. */
  readonly value: unknown;
  readonly copy: (<T>(value: T) => T) | undefined;
  /** Birth in wall time, in milliseconds since the Unix epoch, for the tiers below. */
  readonly bornWall: number;
  readonly tags: readonly string[];
  readonly etag: string | undefined;
  /** How long the backend took, in milliseconds; 0 where it is not known. */
  readonly loadMs: number;
  /** Size of the value, in bytes: by estimate, or what is reserved for it. */
  sizeBytes: number;
  /** Set while the value is still arriving: ends with its size. */
  completed: PromiseLike<number> | undefined;
  /** It lies in memory alone, where the next load finds it; the tiers below never had it. */
  alone: boolean;
  /** Its freshness has been ended before its time: only something newer will do where it may not be served. */
  outdated?: boolean;
  /** Number of the flight that brought it: an older flight never replaces a newer one's value. */
  readonly flight: number;
}

/** Ends the freshness of an entry as of a moment in wall time, in place: whoever holds it sees that. */
export function outdate(entry: CacheEntry, wall: number): void {
  Object.assign(entry, outdatedAt(entry, wall - entry.bornWall), { outdated: true });
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
  const times = timesOf(facts, negative, policy);
  const freshMs = shortenAtRandom(times.freshMs, times.jitter, random);
  return {
    value,
    copy,
    bornAt: arrival.monotonic - ageMs,
    bornWall: arrival.wall - ageMs,
    freshMs,
    staleMs: times.staleMs,
    staleIfErrorMs: times.staleIfErrorMs,
    keepMs: times.keepMs,
    tags: distinct(tags, facts.tags),
    etag: facts.etag,
    loadMs,
    sizeBytes,
    completed: facts.completed,
    // What was too old when it came is of no use below.
    alone: Boolean(facts.revalidate || facts.local) || usefulMs(times, freshMs) <= ageMs,
    outdated: false,
    flight,
  };
}

/** What is to be confirmed before each use, what the value says itself, what holds for its kind. */
function timesOf(
  { revalidate, lifetime }: ValueFacts,
  negative: boolean,
  policy: CachePolicy,
): Omit<KeptLifetime, 'bornAt'> & { readonly jitter: number } {
  if (revalidate) return NEVER;
  if (lifetime) {
    const { freshMs, staleMs, staleIfErrorMs, keepMs = 0 } = lifetime;
    return { freshMs, staleMs, staleIfErrorMs, keepMs, jitter: 0 };
  }
  if (!negative) return policy;
  const { negativeMs, jitter } = policy;
  return { freshMs: negativeMs, staleMs: negativeMs, staleIfErrorMs: negativeMs, jitter };
}

/** The lifetime with which a value came, where it came with one. */
export function ownLifetimeOf(entry: KeptLifetime): ValueLifetime | undefined {
  const { freshMs, staleMs, staleIfErrorMs, keepMs } = entry;
  return keepMs === undefined ? undefined : { freshMs, staleMs, staleIfErrorMs, keepMs };
}

/**
 * An entry that somebody else has made, by a policy of his own, as it lives here: the smaller of both
 * times counts. What says that there is nothing has a time of its own, and so has what came with one.
 */
export function limitedTo(policy: CachePolicy, entry: CacheEntry): CacheEntry {
  if (entry.keepMs !== undefined) return entry;
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
const NEVER = Object.freeze({ freshMs: 0, staleMs: 0, staleIfErrorMs: 0, jitter: 0 });

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

/** A number, a boolean, a reference, the header of an object: a word or two. */
const WORD = 8;
const OBJECT = 32;

/**
 * Estimates the memory that `value` takes, in bytes: bytes as they are (their own, not the buffer they
 * are a view of), strings with two bytes a code unit, a word for each number and reference, 32 bytes
 * for each object. What several members refer to is counted once. Functions, and what only getters
 * return, are not counted.
 *
 * @param limit where it stops counting and returns what it has: something above `limit`
 */
export function sizeOf(value: unknown, limit = Infinity): number {
  if (!isObject(value)) return primitiveBytes(value);
  const pending: object[] = [];
  let bytes = OBJECT + ownBytes(value, pending, limit);
  // Most values hold no others: they need no list of those that were seen.
  if (pending.length === 0) return bytes;
  const seen = new Set<object>([value]);
  for (let next = pending.pop(); next && bytes <= limit; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    bytes += OBJECT + ownBytes(next, pending, limit - bytes);
  }
  return bytes;
}

/** Bytes of `object` itself and the primitives in it; the objects that it holds are added to `pending`. */
function ownBytes(object: object, pending: object[], limit: number): number {
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return object.byteLength;
  let bytes = 0;
  const count = (member: unknown): void => {
    if (isObject(member)) pending.push(member);
    else bytes += primitiveBytes(member);
  };
  if (Array.isArray(object)) {
    for (const item of object) {
      if (bytes > limit) break;
      count(item);
    }
  } else if (object instanceof Map || object instanceof Set) {
    for (const [key, item] of object.entries()) {
      count(key);
      count(item);
    }
  } else {
    for (const name of Object.getOwnPropertyNames(object)) {
      bytes += 2 * name.length;
      count(Object.getOwnPropertyDescriptor(object, name)?.value);
    }
  }
  return bytes;
}

function primitiveBytes(value: unknown): number {
  return typeof value === 'string' ? WORD + 2 * value.length : WORD;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

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

/** The result for a value in memory: for a fresh one, unless it is said why a stale one is good. */
export function hitResult<T>(
  entry: CacheEntry,
  now: number,
  staleBecause?: StaleBecause,
): CacheResult<T> {
  const age = ageMs(entry, now);
  return {
    value: valueFor(entry) as T,
    served: staleBecause === undefined ? 'hit' : 'stale',
    ageMs: age,
    ttlMs: entry.freshMs - age,
    stored: false,
    tier: 'memory',
    staleBecause,
    etag: entry.etag,
  };
}

/** A value in memory, whether it may be served or not. */
export interface StoredValue<T> extends ValueLifetime {
  /** Shared with other callers: never change it. */
  readonly value: T;
  /** Since its birth at the backend, in milliseconds. */
  readonly ageMs: number;
  readonly tags: readonly string[];
  /** Its entity tag, if it has one. */
  readonly etag: string | undefined;
  /** Whether it is still arriving. */
  readonly filling: boolean;
}

export function storedValue<T>(entry: CacheEntry, now: number): StoredValue<T> {
  return {
    value: valueFor(entry) as T,
    ageMs: ageMs(entry, now),
    freshMs: entry.freshMs,
    staleMs: entry.staleMs,
    staleIfErrorMs: entry.staleIfErrorMs,
    keepMs: entry.keepMs,
    tags: entry.tags,
    etag: entry.etag,
    filling: entry.completed !== undefined,
  };
}

/** The value of an entry as one caller gets it. */
export function valueFor({ value, copy }: CacheEntry): unknown {
  return copy === undefined ? value : copy(value);
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
