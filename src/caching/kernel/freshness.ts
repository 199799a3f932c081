import type { Random } from '../../ground/index.js';

/** What decides whether a value may be served: its birth, and how long it may be used for what. */
export interface Lifetime {
  /**
   * When the backend gave the value, in milliseconds on the monotonic clock. It may lie before the
   * start of the process, and never moves: a value that changes tiers keeps its age.
   */
  readonly bornAt: number;
  /** Age up to which it is fresh, in milliseconds. */
  readonly freshMs: number;
  /** Total age up to which it may be served while it is refreshed, in milliseconds. */
  readonly staleMs: number;
  /** Total age up to which it may replace an error, in milliseconds. */
  readonly staleIfErrorMs: number;
}

/** A lifetime after which the value may still be there to be validated, and so to live once more. */
export interface KeptLifetime extends Lifetime {
  /**
   * How much longer it is kept when there is nothing left that it may be served for, in milliseconds. Set,
   * be it to 0, where the value came with times of its own: whoever reads it takes these as they are,
   * whatever the policy of his cache.
   */
  readonly keepMs?: number | undefined;
}

/** Milliseconds since birth (`current_age`, RFC 9111 section 4.2.3). */
export function ageMs({ bornAt }: Lifetime, now: number): number {
  return Math.max(0, now - bornAt);
}

/** Milliseconds for which it stays fresh; negative when it is stale. */
export function ttlMs(lifetime: Lifetime, now: number): number {
  return lifetime.freshMs - ageMs(lifetime, now);
}

/** `freshness_lifetime > current_age` (RFC 9111 section 4.2). */
export function isFresh(lifetime: Lifetime, now: number): boolean {
  return lifetime.freshMs > ageMs(lifetime, now);
}

/** Whether it may be served while it is refreshed (RFC 5861 section 3). Fresh values may as well. */
export function withinStaleWindow(lifetime: Lifetime, now: number): boolean {
  return Math.max(lifetime.freshMs, lifetime.staleMs) > ageMs(lifetime, now);
}

/** Whether it may be served in place of an error (RFC 5861 section 4). Fresh values may as well. */
export function mayReplaceError(lifetime: Lifetime, now: number): boolean {
  return Math.max(lifetime.freshMs, lifetime.staleIfErrorMs) > ageMs(lifetime, now);
}

/** Whether there is anything left that it may be served for. */
export function isExpired(lifetime: Lifetime, now: number): boolean {
  return !withinStaleWindow(lifetime, now) && !mayReplaceError(lifetime, now);
}

/** Total age from which it is of no use to anybody, not even to be validated, in milliseconds. */
export function usefulMs(
  lifetime: Omit<KeptLifetime, 'bornAt'>,
  freshMs = lifetime.freshMs,
): number {
  const { staleMs, staleIfErrorMs, keepMs = 0 } = lifetime;
  return Math.max(freshMs, staleMs, staleIfErrorMs) + keepMs;
}

/**
 * The times of a value whose freshness is ended at this age, before its time: what it may be served for after
 * that it may be served for from then on, and no longer than it would have been. What is stale by then stays
 * as it is.
 */
export function outdatedAt(
  { freshMs, staleMs, staleIfErrorMs }: Omit<Lifetime, 'bornAt'>,
  ageMs: number,
): Omit<Lifetime, 'bornAt'> {
  // Moments of wall time are told apart by less than a millisecond, which nothing is to be fresh for still.
  const early = Math.max(0, freshMs - Math.floor(Math.max(0, ageMs)));
  const earlier = (totalMs: number): number => Math.max(freshMs, totalMs) - early;
  if (early === 0) return { freshMs, staleMs, staleIfErrorMs };
  return {
    freshMs: freshMs - early,
    staleMs: earlier(staleMs),
    staleIfErrorMs: earlier(staleIfErrorMs),
  };
}

/** Whether it is of use, be it only to be validated. */
export function isKept(lifetime: KeptLifetime, now: number): boolean {
  return usefulMs(lifetime) > ageMs(lifetime, now);
}

/**
 * Whether a fresh value is to be refreshed already, by chance: the more likely, the nearer its end
 * and the longer its computation takes. With many readers about one of them refreshes in time, and
 * nobody ever finds it stale (XFetch: Vattani, Chierichetti and Lowenstein, Optimal Probabilistic
 * Cache Stampede Prevention, VLDB 2015).
 *
 * @param loadMs how long the backend took, in milliseconds (the paper's delta)
 * @param beta above 1 refreshes earlier, below 1 later; 0 never
 */
export function isEarlyRefreshDue(
  lifetime: Lifetime,
  loadMs: number,
  beta: number,
  now: number,
  random: Random,
): boolean {
  if (beta === 0) return false;
  // 1 - random() is never 0, so the logarithm is finite.
  return ageMs(lifetime, now) - loadMs * beta * Math.log(1 - random()) >= lifetime.freshMs;
}
