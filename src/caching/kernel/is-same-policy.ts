import type { CachePolicy } from './cache-policy.interface.js';

/** Whether two policies say the same. */
export function isSamePolicy(a: CachePolicy, b: CachePolicy): boolean {
  return Object.entries(a).every(([name, value]) => {
    if (name !== 'refreshBackoff') return value === b[name as keyof CachePolicy];
    const { minMs, maxMs } = b.refreshBackoff;
    return a.refreshBackoff.minMs === minMs && a.refreshBackoff.maxMs === maxMs;
  });
}
