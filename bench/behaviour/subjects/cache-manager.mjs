import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'cache-manager',
  name: 'cache-manager `wrap`',
  version: versionOf('cache-manager'),
  family: 'caching',
  ours: false,
  setting:
    'memory store; `refreshThreshold` makes the stale window; a TTL of 1 ms for what must not be kept',
  lacks: {
    abort: 'callers have no signal',
    deadline: 'no time limit of its own',
    isolation: 'hands out the object itself',
    lock: 'needs no lock',
    methods: 'has no decorator for methods',
    'size-limit': 'knows no sizes',
    tags: 'has no tags',
  },
  async make({ load, freshMs = 60_000, staleMs = 0, isCacheable = () => true }) {
    const { createCache } = await import('cache-manager');
    const cache = createCache();
    const options = {
      ttl: (value) => (isCacheable(value) ? freshMs + staleMs : 1),
      ...(staleMs > 0 && { refreshThreshold: staleMs }),
    };
    return {
      get: (key) => cache.wrap(key, () => load(key), options),
      invalidate: (key) => cache.del(key),
    };
  },
};
