import { Inject } from '@nestjs/common';
import { argumentKey } from './argument-key.js';
import type { CoalesceKey, CoalesceOptions } from './coalesce-options.interface.js';
import { CoalescingService } from './coalescing.service.js';
import { copyMetadata } from '../metadata/index.js';
import { KeyNamespace } from './key-namespace.js';

/** Where Nest puts the service into instances of classes with coalesced methods. */
const SERVICE = Symbol('breakwater:coalescing-service');

/** An instance with coalesced methods. */
interface Host {
  readonly [SERVICE]?: CoalescingService;
}

/** A method whose parameters begin with `Args`. */
export type CoalescedMethod<Args extends unknown[]> = (
  ...args: [...Args, ...never[]]
) => Promise<unknown>;

/** Decorates such methods. */
export type CoalesceDecorator<Args extends unknown[]> = <M extends CoalescedMethod<Args>>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Coalesces the calls of a method of a provider or controller: calls with one key that overlap in time
 * are one call. Classes with such methods get the `CoalescingService` injected by Nest, so it has to be
 * visible in their module, and instances have to be made by Nest.
 *
 * Flights of different methods, classes and (by default) instances never meet. The method runs outside
 * the caller's async context; `currentFlight()` gives it the flight's signal.
 *
 * @param options or just the key function, whose parameters are the method's (or its first ones)
 *
 * @example
 * @Coalesce((sku: string) => sku)
 * price(sku: string): Promise<Price> { … }
 */
export function Coalesce<Args extends unknown[] = []>(
  options: CoalesceKey<Args> | CoalesceOptions<Args> = {},
): CoalesceDecorator<Args> {
  const how: CoalesceOptions<Args> = typeof options === 'function' ? { key: options } : options;

  return <M extends CoalescedMethod<Args>>(
    target: object,
    property: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ) => {
    const label = `${target.constructor.name}.${String(property)}`;
    const method = descriptor.value;
    if (typeof target === 'function' || !method) {
      throw new TypeError(`@Coalesce() is for instance methods, which ${label} is not`);
    }
    const namespace = new KeyNamespace(label);
    Inject(CoalescingService)(target, SERVICE);

    const coalesced = async function (this: Host, ...args: unknown[]): Promise<unknown> {
      const service = this[SERVICE];
      if (!service) throw new Error(`${label} is coalesced, but its instance was not made by Nest`);
      const key = how.key ? how.key(...(args as Args)) : args;
      const prefix = namespace.prefixFor(how.sharedBy === 'class' ? this.constructor : this);
      const coalescer = how.coalescer === undefined ? service : service.coalescer(how.coalescer);
      return coalescer.run(
        prefix + (typeof key === 'string' ? `=${key}` : `(${argumentKey(key)}`),
        () => method.apply(this, args as never),
        how.options?.(...(args as Args)),
      );
    };
    copyMetadata(method, coalesced);
    descriptor.value = coalesced as unknown as M;
  };
}
