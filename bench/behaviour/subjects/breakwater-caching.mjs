import { ownVersion } from '../subject.mjs';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'breakwater',
  name: 'Breakwater',
  version: ownVersion(),
  family: 'caching',
  ours: true,
  setting:
    '`CachingService` on a `CoalescingService`, defaults; `flightTimeoutMs` where a scenario speaks of a deadline, `takeoverAfterMs` where it speaks of a lock (without it, its default, there is one call); `@Cached()` for a method',
  lacks: {},
  async make(options) {
    const { load, freshMs, staleMs = 0, deadlineMs, lockMs, isCacheable } = options;
    const { maxEntryBytes, tag } = options;
    const { CachingService, CoalescingService } = await import('../../../dist/index.js');
    const { default: coalescer } = new CoalescingService({
      flightTimeoutMs: deadlineMs,
      takeoverAfterMs: lockMs,
    });
    const policy = freshMs && { freshMs, staleMs: freshMs + staleMs };
    const caching = new CachingService({
      coalescer,
      policy: {
        ...policy,
        ...(isCacheable && { cacheable: isCacheable }),
        ...(maxEntryBytes && { maxEntryBytes }),
      },
    });
    return {
      get: (key, { signal } = {}) =>
        caching.get(key, (context) => load(key, context), {
          ...(signal && { signal }),
          ...(tag && { tags: [tag] }),
        }),
      invalidate: (key) => caching.invalidate(key),
      invalidateTag: () => caching.invalidateTag(tag),
    };
  },
  async cacheMethod(base, method, classes) {
    const { Cached, CachingModule } = await import('../../../dist/index.js');
    const { NestFactory } = await import('@nestjs/core');
    const descriptor = Object.getOwnPropertyDescriptor(base.prototype, method);
    Cached({ key: (id) => id })(base.prototype, method, descriptor);
    Object.defineProperty(base.prototype, method, descriptor);
    const module = {
      module: class Records {},
      imports: [CachingModule.forRoot()],
      providers: classes,
    };
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    return classes.map((Class) => app.get(Class));
  },
};
