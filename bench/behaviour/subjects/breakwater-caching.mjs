import { ownVersion } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'breakwater',
  name: 'Breakwater',
  version: ownVersion(),
  family: 'caching',
  ours: true,
  setting:
    '`CachingService` on a `CoalescingService`, defaults; `flightTimeoutMs` where a scenario speaks of a deadline, `takeoverAfterMs` where it speaks of a lock (without it, its default, there is one call)',
  lacks: {},
  async make({ load, freshMs, staleMs = 0, deadlineMs, lockMs, isCacheable }) {
    const { CachingService, CoalescingService } = await import('../../../dist/index.js');
    const flights = new CoalescingService({ flightTimeoutMs: deadlineMs, takeoverAfterMs: lockMs });
    const policy = freshMs && { freshMs, staleMs: freshMs + staleMs };
    const caching = new CachingService({
      flights,
      policy: { ...policy, ...(isCacheable && { cacheable: isCacheable }) },
    });
    return {
      get: (key, { signal } = {}) =>
        caching.get(key, (context) => load(key, context), signal && { signal }),
      invalidate: (key) => caching.invalidate(key),
    };
  },
};
