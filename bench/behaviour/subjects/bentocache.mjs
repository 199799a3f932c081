import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'bentocache',
  name: 'bentocache',
  version: versionOf('bentocache'),
  family: 'caching',
  ours: false,
  setting:
    'memory tier, which serialises by default; `grace` makes the stale window, a `timeout` of 50 ms serves it (0 would serve it sooner, without backing off from a refresh that fails); `hardTimeout` and `lockTimeout` where a scenario speaks of a deadline or a lock (without `lockTimeout` callers wait as long as the loader takes); `setTtl(10)` for what must not be kept; `maxEntrySize` and tags where a scenario speaks of them',
  lacks: { abort: 'callers have no signal', methods: 'has no decorator for methods' },
  async make(options) {
    const { load, freshMs = 60_000, staleMs = 0, deadlineMs, lockMs, isCacheable } = options;
    const { maxEntryBytes, tag } = options;
    const [{ BentoCache, bentostore }, { memoryDriver }] = await Promise.all([
      import('bentocache'),
      import('bentocache/drivers/memory'),
    ]);
    const cache = new BentoCache({
      default: 'memory',
      ttl: freshMs,
      ...(staleMs > 0 && { grace: freshMs + staleMs, timeout: 50 }),
      ...(deadlineMs && { hardTimeout: deadlineMs, lockTimeout: deadlineMs }),
      ...(lockMs && { lockTimeout: lockMs }),
      stores: {
        memory: bentostore().useL1Layer(
          memoryDriver(maxEntryBytes && { maxEntrySize: maxEntryBytes, maxSize: 2 ** 30 }),
        ),
      },
    });
    const factoryOf = (key) =>
      isCacheable
        ? async ({ setTtl }) => {
            const value = await load(key);
            // Those who wait in line for the lock are to find it.
            if (!isCacheable(value)) setTtl(10);
            return value;
          }
        : () => load(key);
    return {
      get: (key) => cache.getOrSet({ key, factory: factoryOf(key), ...(tag && { tags: [tag] }) }),
      invalidate: (key) => cache.delete({ key }),
      invalidateTag: () => cache.deleteByTag({ tags: [tag] }),
    };
  },
};
