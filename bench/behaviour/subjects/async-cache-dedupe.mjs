import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'async-cache-dedupe',
  name: 'async-cache-dedupe',
  version: versionOf('async-cache-dedupe'),
  family: 'caching',
  ours: false,
  setting:
    'memory storage, `ttl` and `stale` in whole seconds; a `ttl` function that answers 0 for what must not be kept; `references` as tags',
  lacks: {
    abort: 'callers have no signal',
    deadline: 'no time limit of its own',
    isolation: 'hands out the object itself',
    lock: 'needs no lock',
    methods: 'has no decorator for methods',
    'size-limit': 'knows no sizes',
  },
  async make({ load, freshMs = 60_000, staleMs = 0, isCacheable, tag }) {
    const { createCache } = await import('async-cache-dedupe');
    const ttl = freshMs / 1_000;
    const cache = createCache({
      ttl: isCacheable ? (value) => (isCacheable(value) ? ttl : 0) : ttl,
      stale: staleMs / 1_000,
      storage: { type: 'memory', ...(tag && { options: { invalidation: true } }) },
    });
    cache.define('load', tag ? { references: () => [tag] } : {}, (key) => load(key));
    return {
      get: (key) => cache.load(key),
      invalidate: (key) => cache.clear('load', key),
      invalidateTag: () => cache.invalidateAll(tag),
    };
  },
};
