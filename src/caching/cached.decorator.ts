import { Inject } from '@nestjs/common';
import type { CachedOptions } from './cached-options.interface.js';
import { CachingService } from './caching.service.js';
import { copyMetadata } from '../metadata/index.js';

/** Where Nest puts the service into instances of classes with cached methods. */
const SERVICE = Symbol('breakwater:caching-service');

/** An instance with cached methods. */
interface Host {
  readonly [SERVICE]?: CachingService;
}

/** A method whose parameters begin with `Args`. */
export type CacheableMethod<Args extends unknown[]> = (
  ...args: [...Args, ...never[]]
) => Promise<unknown>;

/** Decorates such methods. */
export type CachedDecorator<Args extends unknown[]> = <M extends CacheableMethod<Args>>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** Which class a name of keys belongs to: two classes must not read each other's values. */
const owners = new Map<string, object>();

/**
 * Caches what a method of a provider or controller returns, by a key of its parameters. Classes with
 * such methods get the `CachingService` injected by Nest, so it has to be visible in their module, and
 * instances have to be made by Nest. All instances of the class share the values; where instances
 * differ, the key has to tell.
 *
 * @example
 * @Cached({ key: (sku: string) => sku, freshMs: 5_000 })
 * product(sku: string): Promise<Product> { … }
 *
 * @throws TypeError if another class has taken the name of the keys already
 */
export function Cached<Args extends unknown[]>(
  options: CachedOptions<Args>,
): CachedDecorator<Args> {
  const { key, cache, tags, name, ...policy } = options;
  Object.freeze(policy);

  return <M extends CacheableMethod<Args>>(
    target: object,
    property: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ) => {
    const label = `${target.constructor.name}.${String(property)}`;
    const method = descriptor.value;
    if (typeof target === 'function' || !method) {
      throw new TypeError(`@Cached() is for instance methods, which ${label} is not`);
    }
    const namespace = name ?? label;
    claim(namespace, target);
    Inject(CachingService)(target, SERVICE);

    const cached = async function (this: Host, ...args: unknown[]): Promise<unknown> {
      const service = this[SERVICE];
      if (!service) throw new Error(`${label} is cached, but its instance was not made by Nest`);
      const given = args as Args;
      return service
        .cache(cache)
        .get<unknown>(
          [namespace, key(...given)],
          () => method.apply(this, args as never),
          tags ? { ...policy, tags: tags(...given) } : policy,
        );
    };
    copyMetadata(method, cached);
    descriptor.value = cached as unknown as M;
  };
}

function claim(namespace: string, target: object): void {
  const owner = owners.get(namespace);
  if (owner !== undefined && owner !== target) {
    throw new TypeError(
      `@Cached() keys called "${namespace}" exist in another class: give one of them a name`,
    );
  }
  owners.set(namespace, target);
}
