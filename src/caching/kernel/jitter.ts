/** A uniform number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/**
 * Shortens `freshMs` by a random part of at most `jitter` (a fraction), so that values born together
 * do not expire together. Never lengthens it: freshness is a promise.
 */
export function shortenAtRandom(freshMs: number, jitter: number, random: Random): number {
  return jitter === 0 ? freshMs : freshMs * (1 - jitter * random());
}
