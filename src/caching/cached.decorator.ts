import { OptionReader, callback, text } from '../ground/index.js';
import { demandOptions } from '../module-options/index.js';
import type { AsyncMethod, AsyncMethodDecorator, DecoratedHost } from '../module-options/index.js';
import { CACHED_METHODS, CachedNames } from './cached-names.js';
import type { CachedMethodInfo } from './cached-names.js';
import { demandKey } from './kernel/cache-key.js';
import type { CacheKey } from './kernel/cache-key.js';
import { CACHE_POLICY_OPTIONS } from './kernel/cache-policy.js';
import type { CachePolicyOptions } from './kernel/cache-policy.js';

/** How `@Cached` caches a method. The policy members differ from the cache's policy. */
export interface CachedOptions<Args extends unknown[]> extends CachePolicyOptions {
  /**
   * What a call is the same by; everything that the result depends on has to be in it. Its parameters
   * are the method's, or its first ones.
   */
  readonly key: (...args: Args) => CacheKey;
  /** Cache that holds the values. @default the default cache */
  readonly cache?: string | undefined;
  /** What the values can be invalidated by. */
  readonly tags?: ((...args: Args) => readonly string[]) | undefined;
  /**
   * What the keys of this method begin with, in all processes and versions: this class's alone, and
   * demanded at start where there are tiers below memory, since a build may call the class anything.
   * @default `ClassName.method`, in this process
   */
  readonly name?: string | undefined;
}

export const CACHED_OPTIONS = new OptionReader<CachedOptions<never[]>>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    key: callback,
    cache: text,
    tags: callback,
    name: text,
  },
  CACHE_POLICY_OPTIONS.relations,
);

/** A method whose parameters begin with `Args`. */
export type CacheableMethod<Args extends unknown[]> = AsyncMethod<Args>;

/** Decorates such methods. */
export type CachedDecorator<Args extends unknown[]> = AsyncMethodDecorator<Args>;

/**
 * Caches what a method of a provider or controller returns, by a key of its parameters. Classes with
 * such methods get the `CachingService` injected by Nest, so it has to be visible in their module, and
 * instances have to be made by Nest. All instances of the class share the values; where instances
 * differ, the key has to tell. Subclasses never read each other's values.
 *
 * Where there are tiers below memory, the application does not start unless the method has a `name`.
 *
 * @example
 * @Cached({ name: 'products.product', key: (sku: string) => sku, freshMs: 5_000 })
 * product(sku: string): Promise<Product> { … }
 */
export function Cached<Args extends unknown[]>(
  options: CachedOptions<Args>,
): CachedDecorator<Args> {
  const { key, cache, tags, name, ...policy } = demandOptions(
    options,
    '@Cached()',
    'such as { key: (id: string) => id }',
  );
  Object.freeze(policy);

  return (target, property, descriptor) => {
    CACHED_METHODS.decorate(target, property, descriptor as never, (method) => {
      const { label } = method;
      CACHED_OPTIONS.demand(options, `@Cached(${label})`, 'key');
      const info: CachedMethodInfo = { ...method, cache, name };
      return [
        info,
        async (service, instance, args, load) => {
          const given = args as Args;
          const host = instance.constructor as unknown as DecoratedHost;
          if (host.prototype !== target && isOverridden(info, host)) return load();
          const own: unknown = key(...given);
          demandKey(own, `the key function of @Cached(${label})`);
          const namespace = CachedNames.for(service).of(info, host);
          const how = tags ? { ...policy, tags: tags(...given) } : policy;
          return service.cache(cache).get<unknown>([namespace, own], load, how);
        },
      ];
    });
  };
}

/** Whether instances of `host` have a cached method in its place, which calls this one as its `super`. */
function isOverridden(info: CachedMethodInfo, host: DecoratedHost): boolean {
  const visible = CACHED_METHODS.of(
    (host.prototype as Record<string | symbol, unknown>)[info.property],
  );
  return visible !== undefined && visible !== info;
}
