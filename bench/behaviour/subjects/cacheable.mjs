import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'cacheable',
  name: 'cacheable `getOrSet`',
  version: versionOf('cacheable'),
  family: 'caching',
  ours: false,
  setting:
    'memory store, `throwErrors: "function"`; a hook before `set` gives a TTL of 1 ms to what must not be kept',
  lacks: {
    abort: 'callers have no signal',
    deadline: 'no time limit of its own',
    lock: 'needs no lock',
    methods: 'has no decorator for methods',
    'size-limit': 'knows no sizes',
    stale: 'no stale window',
    tags: '`getOrSet` takes no tags',
  },
  async make({ load, freshMs = 60_000, isCacheable = () => true }) {
    const { Cacheable, CacheableHooks } = await import('cacheable');
    const cache = new Cacheable();
    cache.on('error', () => undefined);
    cache.onHook(CacheableHooks.BEFORE_SET, (item) => {
      if (!isCacheable(item.value)) item.ttl = 1;
    });
    const options = { ttl: freshMs, throwErrors: 'function' };
    return {
      get: (key) => cache.getOrSet(key, () => load(key), options),
      invalidate: (key) => cache.delete(key),
    };
  },
};
