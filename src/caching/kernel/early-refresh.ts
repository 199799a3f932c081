import { ageMs } from './freshness.js';
import type { Lifetime } from './freshness.js';
import type { Random } from './jitter.js';

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
