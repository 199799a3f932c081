import { Inject } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** What is known of a decorated method before it is called. */
export interface DecoratedMethod {
  /** For messages. */
  readonly label: string;
  readonly property: string | symbol;
  /** Prototype on which it is declared. */
  readonly declaredOn: object;
}

/** A class whose instances have decorated methods. */
export interface DecoratedHost {
  readonly name: string;
  readonly prototype: object;
}

/** A method whose parameters begin with `Args`. */
export type AsyncMethod<Args extends unknown[]> = (
  ...args: [...Args, ...never[]]
) => Promise<unknown>;

/** Decorates such methods. */
export type AsyncMethodDecorator<Args extends unknown[]> = <M extends AsyncMethod<Args>>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** What stands in a method's place: `load` calls the method itself. */
export type Replacement<Service> = (
  service: Service,
  instance: object,
  args: unknown[],
  load: () => Promise<unknown>,
) => Promise<unknown>;

/**
 * A decorator of methods that has a service do something with their calls. Nest injects the service into
 * the instances of classes with such methods.
 */
export class MethodDecoration<Service, Info extends DecoratedMethod> {
  /** Where Nest puts the service: its description is what Nest names when it has none. */
  private readonly place: symbol;
  private readonly metadata: string;

  /**
   * @param decorator such as `@Cached()`
   * @param done what it makes of a method, such as `cached`
   * @param module that has the service
   */
  constructor(
    private readonly decorator: string,
    private readonly done: string,
    private readonly service: Type<Service>,
    module: string,
  ) {
    this.place = Symbol(`${decorator} needs ${module}.forRoot()`);
    this.metadata = `breakwater:${done}-method`;
  }

  /**
   * Replaces a method.
   *
   * @param replace is given the method, and says what else is known of it and what stands in its place
   * @throws TypeError unless it is an instance's, and returns one result
   */
  decorate(
    target: object,
    property: string | symbol,
    descriptor: TypedPropertyDescriptor<never>,
    replace: (method: DecoratedMethod) => readonly [Info, Replacement<Service>],
  ): void {
    const label = `${target.constructor.name}.${String(property)}`;
    const method = descriptor.value as AsyncMethod<unknown[]> | undefined;
    if (typeof target === 'function' || !method) {
      throw new TypeError(`${this.decorator} is for instance methods, which ${label} is not`);
    }
    const [info, call] = replace({ label, property, declaredOn: target });
    refuseGenerator(method, this.decorator, label);
    Inject(this.service)(target, this.place);

    const { place, done } = this;
    const replaced = async function (
      this: Readonly<Record<symbol, Service | undefined>>,
      ...args: unknown[]
    ): Promise<unknown> {
      const service = this[place];
      if (!service) throw new Error(`${label} is ${done}, but its instance was not made by Nest`);
      return call(service, this, args, () => method.apply(this, args as never));
    };
    copyMetadata(method, replaced);
    Reflect.defineMetadata(this.metadata, info, replaced);
    descriptor.value = replaced as never;
  }

  /** What is known of a method that has been decorated. */
  of(method: unknown): Info | undefined {
    if (typeof method !== 'function') return undefined;
    return Reflect.getMetadata(this.metadata, method) as Info | undefined;
  }

  /** The decorated methods of every class that Nest holds, inherited ones included. */
  *methods(
    discovery: DiscoveryService,
    scanner: MetadataScanner,
  ): Iterable<readonly [DecoratedHost, Info]> {
    const wrappers = [...discovery.getControllers(), ...discovery.getProviders()];
    for (const metatype of new Set(wrappers.map(({ metatype }) => metatype))) {
      const host = metatype as { name: string; prototype?: Record<string, unknown> } | null;
      if (!host?.prototype) continue;
      for (const name of scanner.getAllMethodNames(host.prototype)) {
        const info = this.of(host.prototype[name]);
        if (info) yield [host as DecoratedHost, info];
      }
    }
  }
}

/**
 * Refuses a generator where one result is to be shared or judged: it has done nothing when it returns,
 * and its items go to one reader alone.
 *
 * @param decorator such as `@Coalesce()`
 * @throws TypeError that says what to write instead
 */
export function refuseGenerator(method: unknown, decorator: string, label: string): void {
  const tag: unknown = (method as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag !== 'AsyncGeneratorFunction' && tag !== 'GeneratorFunction') return;
  throw new TypeError(
    `${decorator} is for methods that return one result, and ${label} is a generator, which has done ` +
      'nothing when it returns: decorate a method that collects its items, such as ' +
      'async all() { const items = []; for await (const item of this.items()) items.push(item); return items; }',
  );
}

/** Gives `copy` the name of `original` and what decorators noted on it, such as routes and guards. */
export function copyMetadata(original: object, copy: object): void {
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), copy);
  }
  const name = Object.getOwnPropertyDescriptor(original, 'name');
  if (name) Object.defineProperty(copy, 'name', name);
}
