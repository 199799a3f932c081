import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'async-cache-dedupe',
  name: 'async-cache-dedupe',
  version: versionOf('async-cache-dedupe'),
  family: 'caching',
  ours: false,
  setting:
    'memory storage, `ttl` and `stale` in whole seconds; a `ttl` function that answers 0 for what must not be kept',
  lacks: {
    abort: 'callers have no signal',
    deadline: 'no time limit of its own',
    isolation: 'hands out the object itself',
    lock: 'needs no lock',
  },
  async make({ load, freshMs = 60_000, staleMs = 0, isCacheable }) {
    const { createCache } = await import('async-cache-dedupe');
    const ttl = freshMs / 1_000;
    const cache = createCache({
      ttl: isCacheable ? (value) => (isCacheable(value) ? ttl : 0) : ttl,
      stale: staleMs / 1_000,
      storage: { type: 'memory' },
    });
    cache.define('load', (key) => load(key));
    return { get: (key) => cache.load(key), invalidate: (key) => cache.clear('load', key) };
  },
};
