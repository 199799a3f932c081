import type { OnApplicationShutdown } from '@nestjs/common';
import { createCoalescer } from '../coalescing/index.js';
import type { Coalescer } from '../coalescing/index.js';
import { InvalidOptionError } from '../ground/index.js';
import { resolveCachingOptions, systemCachingPorts } from './caching.options.js';
import { DEFAULT_CACHE } from './caching.tokens.js';
import { CacheContext } from './kernel/cache-context.js';
import type { CacheCoalescer, CachingOptions } from './kernel/cache-context.js';
import { sumOfCounters } from './kernel/cache-telemetry.js';
import type { CachingPorts } from './kernel/cache-telemetry.js';
import type { CacheKey } from './kernel/cache-key.js';
import { CACHE_OPTIONS, isSamePolicy, resolveCachePolicy } from './kernel/cache-policy.js';
import type { CacheOptions } from './kernel/cache-policy.js';
import type { CacheResult } from './kernel/cache-entry.js';
import { TooManyCachesError } from './kernel/caching.error.js';
import type { Invalidation } from './kernel/epochs.js';
import type { GuardedTierHealth } from './kernel/guarded-tier.js';
import { InvalidationHub, asWished } from './kernel/invalidation-hub.js';
import type {
  ApplyOptions,
  InvalidateOptions,
  InvalidationListener,
} from './kernel/invalidation-hub.js';
import type { Outage } from './kernel/refresh-outages.js';
import type { CacheLoader } from './kernel/load-outcome.js';
import type { CacheMoment, LookUpOptions, SetOptions } from './kernel/look-up-options.js';
import { NamedCache } from './kernel/named-cache.js';
import type { TierHealth } from './kernel/tier.js';

/** Short, and without what makes logs and metrics unreadable. */
const NAME = /^[^\s\p{Control}\p{Surrogate}]{1,256}$/u;

const SILENT_EVENTS: CachingPorts['events'] = {
  hasSubscribers: false,
  publish: () => undefined,
};

const SILENT_LOG: CachingPorts['log'] = { log: () => undefined, warn: () => undefined };

/** How the tiers are doing, memory first. */
export interface CachingHealth {
  readonly memory: TierHealth;
  readonly tiers: readonly GuardedTierHealth[];
}

/**
 * Caches with common tiers. Usable without Nest: `new CachingService()`.
 * @example
 * const rate = await caching.get(['rate', pair], ({ signal }) => fetchRate(pair, signal), { freshMs: 2_000 });
 */
export class CachingService implements OnApplicationShutdown {
  private readonly context: CacheContext;
  private readonly invalidations: InvalidationHub;
  private readonly caches = new Map<string, NamedCache>();
  private readonly past = new Map<string, Pick<NamedCache, 'name' | 'owner' | 'counters'>>();
  /** What runs flights where nobody else does. */
  private readonly own: Coalescer | undefined;
  private readonly stopListening: (() => void) | undefined;

  /** @throws {@link InvalidOptionError} for an option that cannot work */
  constructor(
    private readonly options: CachingOptions = {},
    ports: Partial<CachingPorts> = {},
  ) {
    const resolved = resolveCachingOptions(options);
    const all = { ...systemCachingPorts, ...ports };
    const { clock, scheduler } = all;
    const coalescer = resolved.coalescer ?? createCoalescer('caching', {}, { clock, scheduler });
    if (coalescer !== resolved.coalescer) this.own = coalescer as Coalescer;
    this.context = new CacheContext(resolved, all, coalescer);
    this.invalidations = new InvalidationHub(this.context);
    this.stopListening = this.context.shared?.listen({
      invalidated: (invalidation, { version, own }) => {
        if (own) this.invalidations.told(invalidation, version);
        else void this.apply(invalidation, { ownOnly: true, version });
      },
      missed: () => {
        this.context.memory.doubt();
      },
      hears: (all) => {
        this.context.memory.trust(all);
      },
    });
  }

  /**
   * The cache called `name`, made on first use. Who comes first may give it a policy and a codec, which
   * then stay; names are not to be made from requests.
   *
   * @throws {@link InvalidOptionError} for a policy that cannot work, or options that differ from the first
   * @throws {@link TooManyCachesError} beyond `maxCaches`
   */
  cache(name: string = DEFAULT_CACHE, own?: CacheOptions): NamedCache {
    const known = this.caches.get(name);
    if (known && own === undefined) return known;
    demandCacheName(name);
    const { options } = this.context;
    const path = `caches.${name}`;
    if (own) CACHE_OPTIONS.check(own, path);
    const { codec, owner, ...policy } = own ?? {};
    const resolved = own ? resolveCachePolicy(policy, path, options.policy) : options.policy;
    if (known) {
      if (known.codec !== codec) {
        throw new InvalidOptionError(`${path}.codec`, codec, 'the codec it was made with');
      }
      if (known.owner !== owner) {
        throw new InvalidOptionError(`${path}.owner`, owner, 'the owner it was made with');
      }
      if (isSamePolicy(known.policy, resolved)) return known;
      throw new InvalidOptionError(path, own, 'the policy it was made with');
    }
    if (this.caches.size >= options.maxCaches) throw new TooManyCachesError(options.maxCaches);
    const cache = new NamedCache(name, resolved, this.context, this.invalidations, codec, owner);
    this.caches.set(name, cache);
    return cache;
  }

  /**
   * Has no such cache any more: what it holds in memory goes, what the tiers below hold of it stays until it
   * expires, and a new one may be made by its name. Whoever still has it in hand may go on with it, alone.
   * What it has counted is kept among {@link released}.
   */
  release(name: string): void {
    const cache = this.caches.get(name);
    if (cache === undefined) return;
    this.caches.delete(name);
    this.invalidations.unregister(name);
    cache.leaveMemory();
    const counted = cache.owner ?? name;
    const before = this.past.get(counted)?.counters();
    const counters = before ? sumOfCounters(before, cache.counters()) : cache.counters();
    this.past.set(counted, { name: counted, owner: cache.owner, counters: () => counters });
  }

  /** What the caches that were released had counted, by the names under which they were. */
  released(): Iterable<Pick<NamedCache, 'name' | 'owner' | 'counters'>> {
    return this.past.values();
  }

  /** The caches made so far. */
  all(): IterableIterator<NamedCache> {
    return this.caches.values();
  }

  /** {@link NamedCache.peek} of the default cache. */
  peek<T>(key: CacheKey): CacheResult<T> | undefined {
    return this.cache().peek(key);
  }

  /** {@link NamedCache.get} of the default cache. */
  get<T>(key: CacheKey, load: CacheLoader<T>, options?: LookUpOptions): Promise<T> {
    return this.cache().get(key, load, options);
  }

  /** {@link NamedCache.lookUp} of the default cache. */
  lookUp<T>(key: CacheKey, load: CacheLoader<T>, options?: LookUpOptions): Promise<CacheResult<T>> {
    return this.cache().lookUp(key, load, options);
  }

  /** {@link NamedCache.moment}: the same for all caches. */
  moment(): CacheMoment {
    return this.cache().moment();
  }

  /** {@link NamedCache.set} of the default cache. */
  set(key: CacheKey, value: unknown, options?: SetOptions): boolean {
    return this.cache().set(key, value, options);
  }

  /** {@link NamedCache.invalidate} of the default cache. */
  invalidate(key: CacheKey, options?: InvalidateOptions): Promise<boolean> {
    return this.cache().invalidate(key, options);
  }

  /**
   * Drops everything that has `tag`, or with `soft` leaves it as stale, in all caches, at a cost that does not grow with its number. A
   * flight under way whose value turns out to have the tag is fenced. Resolves as
   * {@link NamedCache.invalidate} does.
   * @throws (as a rejection) {@link InvalidOptionError} for a tag that is no text
   */
  async invalidateTag(tag: string, options?: InvalidateOptions): Promise<boolean> {
    if (typeof tag !== 'string') throw new InvalidOptionError('invalidateTag().tag', tag, 'text');
    return this.invalidations.publish(asWished({ kind: 'tag', tag }, options));
  }

  /** Drops everything in the cache called `name`, whether it was used in this process or not. */
  async invalidateCache(name: string, options?: InvalidateOptions): Promise<boolean> {
    demandCacheName(name);
    return this.invalidations.publish(asWished({ kind: 'cache', cache: name }, options));
  }

  /** Drops everything in all caches. */
  invalidateAll(options?: InvalidateOptions): Promise<boolean> {
    return this.invalidations.publish(asWished({ kind: 'all' }, options));
  }

  /** Tells `listener` of each invalidation made in this process; the result ends that. */
  onInvalidation(listener: InvalidationListener): () => void {
    return this.invalidations.listen(listener);
  }

  /** Applies an invalidation made in another process; listeners do not hear of it. */
  apply(invalidation: Invalidation, options?: ApplyOptions): Promise<boolean> {
    return this.invalidations.apply(invalidation, options);
  }

  /** Whether there are tiers below memory, which other processes or the next release read. */
  get keepsBeyondMemory(): boolean {
    const { tiers, shared } = this.context.options;
    return tiers.length > 0 || shared !== undefined;
  }

  /**
   * Refreshes that fail behind stale values, while they do: by the backend that the look-ups name, or by
   * the cache where they name none.
   */
  outages(): ReadonlyMap<string, Outage> {
    return this.context.outages.current;
  }

  /** How the tiers are doing. */
  health(): CachingHealth {
    return { memory: this.context.memory.health(), tiers: this.context.tiers.health() };
  }

  /**
   * @internal A service with the same bounds, policy and clock, with memory alone and of which nobody hears:
   * to find out what caches would do.
   *
   * @param coalescer runs its flights
   */
  shadow(coalescer: CacheCoalescer): CachingService {
    const { clock, scheduler, random } = this.context.ports;
    return new CachingService(
      { ...this.options, coalescer, tiers: [], shared: undefined },
      { clock, scheduler, random, events: SILENT_EVENTS, log: SILENT_LOG },
    );
  }

  /** {@link close}: requests in flight have been answered by then. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** Empties memory and closes the tiers below. A coalescer that was given stays open. */
  close(): Promise<void> {
    this.stopListening?.();
    this.own?.close();
    this.context.memory.clear();
    return this.context.tiers.close();
  }
}

/**
 * Checks the name of a cache.
 * @throws {@link InvalidOptionError}
 */
function demandCacheName(name: string): void {
  if (typeof name === 'string' && NAME.test(name)) return;
  throw new InvalidOptionError('caches.name', name, '1 to 256 characters without white space');
}
