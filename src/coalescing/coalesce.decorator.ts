import { OptionReader, anything, callback, oneOf, text, textOfParts } from '../ground/index.js';
import type { KeyPart } from '../ground/index.js';
import type { AsyncMethod, AsyncMethodDecorator } from '../module-options/index.js';
import { COALESCED_METHODS, KeyNamespace, missingName } from './coalesced-methods.js';
import type { Coalescer, RunOptions } from './kernel/index.js';

/**
 * Makes the key of a call from its arguments: a string, or parts that are joined without ambiguity.
 */
export type CoalesceKey<Args extends unknown[]> = (...args: Args) => string | readonly KeyPart[];

/** How calls of a method are coalesced. */
export interface CoalesceOptions<Args extends unknown[]> {
  /**
   * The key of a call. One that throws fails that call alone.
   * @default all arguments, which then have to be primitives
   */
  key?: CoalesceKey<Args> | undefined;

  /**
   * Name of the coalescer.
   * @default the default coalescer
   */
  coalescer?: string | undefined;

  /**
   * Whose calls may share a flight: those on one `instance`, or those on all instances of the `class`.
   * The method runs on the leader's instance, so `class` is right only where the instance adds nothing
   * of its own (its request, its tenant) to the result. Subclasses share nothing with each other.
   *
   * Flights by `instance` never leave the process, whatever the coalescer's `scope`.
   * @default 'instance'
   */
  sharedBy?: 'instance' | 'class' | undefined;

  /**
   * What all processes know the method by, whatever the build calls its class. Demanded, and used,
   * where calls are shared by `class` in a coalescer of scope `cluster`: the application does not start
   * without it. It is that one class's: a subclass overrides the method and gives a name of its own.
   */
  name?: string | undefined;

  /** Options of a call from its arguments, such as the caller's signal. */
  options?: (...args: Args) => RunOptions | undefined;
}

export const COALESCE_OPTIONS = new OptionReader<CoalesceOptions<never[]>>({
  key: callback,
  coalescer: text,
  sharedBy: oneOf('instance', 'class'),
  // By the decorator, which knows what it would be the name of.
  name: anything,
  options: callback,
});

/** What runs the calls: a test may have put something else in place. */
type Runner = Pick<Coalescer, 'run'> & { readonly options?: Pick<Coalescer['options'], 'scope'> };

/** A method whose parameters begin with `Args`. */
export type CoalescedMethod<Args extends unknown[]> = AsyncMethod<Args>;

/** Decorates such methods. */
export type CoalesceDecorator<Args extends unknown[]> = AsyncMethodDecorator<Args>;

/**
 * Coalesces the calls of a method of a provider or controller: calls with one key that overlap in time
 * are one call. Classes with such methods get the `CoalescingService` injected by Nest, so it has to be
 * visible in their module, and instances have to be made by Nest.
 *
 * Flights of different methods, classes and (by default) instances never meet. What processes share
 * in a cluster is shared under a `name` that you give. The method runs outside
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

  return (target, property, descriptor) => {
    COALESCED_METHODS.decorate(target, property, descriptor as never, (method) => {
      const { label } = method;
      COALESCE_OPTIONS.check(how, `@Coalesce(${label})`);
      const { sharedBy = 'instance', name } = how;
      demandName(label, sharedBy, name);
      const namespace = new KeyNamespace(label);
      return [
        { ...method, coalescer: how.coalescer, sharedBy, name },
        async (service, instance, args, load) => {
          const coalescer: Runner =
            how.coalescer === undefined ? service : service.coalescer(how.coalescer);
          const key = how.key ? how.key(...(args as Args)) : guessed(args);
          const keyed = typeof key === 'string' ? `=${key}` : `(${textOfKey(key)}`;
          const options = how.options?.(...(args as Args));
          const owner = sharedBy === 'class' ? instance.constructor : instance;
          if (coalescer.options?.scope !== 'cluster') {
            return coalescer.run(namespace.prefixFor(owner) + keyed, load, options);
          }
          if (sharedBy === 'class' && name === undefined) throw missingName(label);
          // The name is that of the class that declares the method; for others, it is not theirs.
          if (sharedBy === 'class' && instance.constructor.prototype === target) {
            return coalescer.run(`coalesce:${JSON.stringify(name)}${keyed}`, load, options);
          }
          // What this process has numbered means something else to the next one.
          return coalescer.run(namespace.prefixFor(owner) + keyed, load, {
            ...options,
            scope: 'process',
          });
        },
      ];
    });
  };
}

/** The key where nobody has given one. @throws TypeError where it is not plain what tells calls apart */
function guessed(args: readonly unknown[]): readonly unknown[] {
  const index = args.findIndex((part) => typeof part === 'object' && part !== null);
  if (index === -1) return args;
  throw new TypeError(
    `Part ${index} of a key is of type object: only primitives make a key by themselves. ` +
      'Give @Coalesce() a key function',
  );
}

/** @throws TypeError on what is no list, and on a part without a text of its own */
function textOfKey(parts: readonly unknown[]): string {
  if (Array.isArray(parts)) return textOfParts(parts, refusal);
  throw new TypeError(
    `The key function of @Coalesce() gave ${String(parts)}: it has to return text, or a list of text, ` +
      'numbers and other parts',
  );
}

function refusal(found: string): TypeError {
  return new TypeError(
    `A key is made of text, numbers, lists and plain objects, and has ${found}: Give @Coalesce() a key ` +
      'function that leaves it out',
  );
}

function demandName(label: string, sharedBy: 'instance' | 'class', name: unknown): void {
  if (name === undefined) return;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `@Coalesce() on ${label} has the name ${JSON.stringify(name)}: give text, such as 'prices.price'`,
    );
  }
  if (sharedBy === 'class') return;
  throw new TypeError(
    `@Coalesce() on ${label} has a name, but shares flights by instance, which never leave the ` +
      "process: add sharedBy: 'class', or leave the name out",
  );
}
