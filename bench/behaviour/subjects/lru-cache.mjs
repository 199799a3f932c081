import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'lru-cache',
  name: 'lru-cache `fetch`',
  version: versionOf('lru-cache'),
  family: 'caching',
  ours: false,
  setting:
    '`allowStale` and the options that keep a stale value through errors; `ignoreFetchAbort` except where callers abort; `AbortSignal.timeout()` where a scenario speaks of a deadline; a TTL of 1 ms for what must not be kept; `maxEntrySize` where a scenario speaks of one',
  lacks: {
    isolation: 'hands out the object itself',
    lock: 'needs no lock',
    methods: 'has no decorator for methods',
    tags: 'has no tags',
  },
  async make(options) {
    const { load, freshMs = 60_000, staleMs = 0, deadlineMs, isCacheable, callersAbort } = options;
    const { maxEntryBytes } = options;
    const { LRUCache } = await import('lru-cache');
    const aborts = callersAbort === true || deadlineMs !== undefined;
    const cache = new LRUCache({
      max: 1_000,
      ttl: freshMs,
      ...(maxEntryBytes && {
        maxEntrySize: maxEntryBytes,
        maxSize: 2 ** 30,
        sizeCalculation: (value) => JSON.stringify(value).length,
      }),
      allowStale: staleMs > 0,
      allowStaleOnFetchRejection: staleMs > 0,
      noDeleteOnFetchRejection: staleMs > 0,
      noDeleteOnStaleGet: staleMs > 0,
      ignoreFetchAbort: !aborts,
      fetchMethod: isCacheable
        ? async (key, _stale, { signal, options }) => {
            const value = await load(key, { signal });
            if (!isCacheable(value)) options.ttl = 1;
            return value;
          }
        : (key, _stale, { signal }) => load(key, { signal }),
    });
    const deadline = () => (deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs));
    return {
      get: (key, { signal = deadline() } = {}) => cache.fetch(key, { signal }),
      invalidate: async (key) => cache.delete(key),
    };
  },
};
