import type { CacheResult } from '../caching/index.js';
import type { Provenance } from './cache-status.js';

/** How an answer from the cache came about, in the words of `Cache-Status`. */
export function provenanceOf(result: CacheResult<{ readonly status: number }>): Provenance {
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
      return { hit: false, fwd: 'uri-miss', fwdStatus: value.status, stored };
    case 'collapsed':
      return { hit: false, fwd: 'uri-miss', collapsed: true };
  }
}
