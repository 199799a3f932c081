import type { CacheResult } from '../caching/index.js';
import type { Provenance } from './cache-status.js';
import type { UnstoredDetail } from './unstored-detail.js';

/**
 * How an answer from the cache came about, in the words of `Cache-Status`.
 *
 * @param unstored why it was not kept
 */
export function provenanceOf(
  result: CacheResult<{ readonly status: number }>,
  unstored?: UnstoredDetail,
): Provenance {
  const { served, ttlMs, staleBecause, stored, value } = result;
  switch (served) {
    case 'hit':
      return { hit: true, ttlMs };
    case 'stale':
      return {
        hit: true,
        ttlMs,
        detail: staleBecause === 'error' ? 'stale-if-error' : 'stale-while-revalidate',
      };
    case 'miss':
      return { hit: false, fwd: 'uri-miss', fwdStatus: value.status, stored, detail: unstored };
    case 'collapsed':
      return { hit: false, fwd: 'uri-miss', collapsed: true, detail: unstored };
  }
}
