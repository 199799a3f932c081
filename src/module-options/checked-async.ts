import type { DynamicModule, FactoryProvider, InjectionToken } from '@nestjs/common';
import { InvalidOptionError, callback, list } from '../ground/index.js';
import { demandOptions } from './demand-given.js';

/** A module whose options may be made by a factory. */
export interface AsyncModule {
  /** Its name, for messages. */
  readonly name: string;
  /** Under which the options are provided. */
  readonly token: InjectionToken;
  /** What a class that makes the options has to have. */
  readonly method: string;
}

/** How options may be made, as `forRootAsync()` of Nest's builder takes it. */
interface Ways {
  readonly useFactory?: unknown;
  readonly useClass?: unknown;
  readonly useExisting?: unknown;
  readonly inject?: unknown;
}

const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;

/**
 * The module that `build` makes of `given`, with a check that there is one factory, and that it gives
 * options: one without a `return` gives none, and the module would start with defaults that nobody asked
 * for.
 *
 * @throws InvalidOptionError
 */
export function checkedAsync<Options extends object>(
  module: AsyncModule,
  given: Options,
  build: (options: Options) => DynamicModule,
): DynamicModule {
  const call = `${module.name}.forRootAsync()`;
  demandOptions(given, call, 'such as { useFactory: … }');
  demandOneWay(module, given, call);
  const built = build(given);
  const providers = (built.providers ?? []).map((provider) => {
    if (typeof provider === 'function' || provider.provide !== module.token) return provider;
    if (!('useFactory' in provider)) return provider;
    return checkedProvider(module, provider as FactoryProvider<unknown>, given, call);
  });
  return { ...built, providers };
}

function demandOneWay({ method }: AsyncModule, given: Ways, call: string): void {
  const ways = WAYS.filter((way) => given[way] !== undefined);
  const { useFactory, useClass, inject } = given;
  if (ways.length !== 1) {
    const expected = `given one of useFactory (a function), useClass and useExisting (a class with ${method}())`;
    throw new InvalidOptionError(call, ways.length === 0 ? undefined : ways.join(', '), expected);
  }
  if (useFactory !== undefined) callback.check(useFactory, call, 'useFactory');
  if (inject !== undefined) list.check(inject, call, 'inject');
  if (useClass === undefined || typeof useClass === 'function') return;
  throw new InvalidOptionError(`${call}.useClass`, useClass, `a class with ${method}()`);
}

function checkedProvider(
  { method }: AsyncModule,
  provider: FactoryProvider<unknown>,
  { useFactory, useClass, useExisting }: Ways,
  call: string,
): FactoryProvider<unknown> {
  const checked = async (...args: unknown[]): Promise<unknown> => {
    if (useFactory === undefined) demandMethod(args[0], useClass ?? useExisting, method, call);
    const options: unknown = await provider.useFactory(...(args as never[]));
    if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options;
    throw new TypeError(
      `${call} got ${kindOf(options)} from its factory instead of options: return an ` +
        'object, or {} for the defaults. A function whose body stands in braces needs "return"',
    );
  };
  // Whoever is not there is missed here, in words that say what to write.
  const inject =
    useExisting === undefined
      ? provider.inject
      : [{ token: useExisting as InjectionToken, optional: true }];
  return { ...provider, useFactory: checked, ...(inject && { inject }) };
}

function demandMethod(maker: unknown, token: unknown, method: string, call: string): void {
  const name = typeof token === 'function' ? token.name : String(token);
  if (maker === undefined || maker === null) {
    throw new Error(
      `${call} finds no ${name}, which its useExisting names: provide it in a module that is global, or ` +
        `that stands in imports: [ … ] beside useExisting; or write useClass`,
    );
  }
  if (typeof (maker as Readonly<Record<string, unknown>>)[method] === 'function') return;
  throw new TypeError(
    `${call} got ${name}, which has no ${method}(): give it that method, and return the options there`,
  );
}

/** Not the value itself: it may be a secret that was given in the wrong place. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
