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
