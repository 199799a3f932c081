import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'p-memoize',
  name: 'p-memoize',
  version: versionOf('p-memoize'),
  family: 'caching',
  ours: false,
  setting:
    'an `lru-cache` with a TTL as `cache`, `shouldCache`, `pMemoizeClear()` to invalidate; `pMemoizeDecorator()` for a method',
  lacks: {
    abort: 'callers have no signal',
    deadline: 'no time limit of its own',
    isolation: 'hands out the object itself',
    lock: 'needs no lock',
    'size-limit': 'knows no sizes',
    stale: 'no stale window',
    tags: 'has no tags',
  },
  async make({ load, freshMs = 60_000, isCacheable = () => true }) {
    const [{ default: pMemoize, pMemoizeClear }, { LRUCache }] = await Promise.all([
      import('p-memoize'),
      import('lru-cache'),
    ]);
    const cache = new LRUCache({ max: 1_000, ttl: freshMs });
    const memoized = pMemoize(load, { cache, shouldCache: (value) => isCacheable(value) });
    return { get: (key) => memoized(key), invalidate: async () => pMemoizeClear(memoized) };
  },
  async cacheMethod(base, method, classes) {
    const { pMemoizeDecorator } = await import('p-memoize');
    const initialisers = [];
    // What a compiler does for `@pMemoizeDecorator()` in front of the method.
    pMemoizeDecorator()(base.prototype[method], {
      kind: 'method',
      name: method,
      static: false,
      private: false,
      addInitializer: (initialise) => void initialisers.push(initialise),
    });
    return classes.map((Class) => {
      const instance = new Class();
      for (const initialise of initialisers) initialise.call(instance);
      return instance;
    });
  },
};
