import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { DynamicModule, FactoryProvider, InjectionToken, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { InvalidOptionError, callback, list, flag } from '../ground/index.js';

/**
 * Nest's builder of the module `name`, with `forRoot()` and `forRootAsync()`.
 *
 * @typeParam Method what a class that makes the options has to have: `createCachingOptions`, of a
 * `CachingModule`
 */
export function moduleBuilder<Options, Method extends string>(name: string) {
  return new ConfigurableModuleBuilder<Options>({ optionsInjectionToken: tokenOf(name) })
    .setClassMethodName('forRoot')
    .setFactoryMethodName(methodOf(name) as Method);
}

/** Under which the options of a module are provided: Nest's message tells it, where nobody has called it. */
function tokenOf(name: string): string {
  return `${name}.forRoot()`;
}

function methodOf(name: string): string {
  return `create${name.replace(/Module$/, 'Options')}`;
}

/** What is said about most modules themselves. */
export interface GlobalModule {
  /**
   * Whether every module can inject what this one exports. `forFeature` relies on it.
   * @default true
   */
  isGlobal?: boolean;
}

/** Makes of the extras of a module what Nest knows of it. */
export function globally(definition: DynamicModule, { isGlobal }: GlobalModule): DynamicModule {
  return { ...definition, global: isGlobal };
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
 * The module `name` that `build` makes of `given`, with a check that there is one factory, and that it gives
 * options: one without a `return` gives none, and the module would start with defaults that nobody asked
 * for.
 *
 * @throws InvalidOptionError
 */
export function checkedAsync<Options extends object>(
  name: string,
  given: Options,
  build: (options: Options) => DynamicModule,
): DynamicModule {
  const call = `${name}.forRootAsync()`;
  const method = methodOf(name);
  demandOptions(given, call, 'such as { useFactory: … }');
  demandOneWay(method, given, call);
  const built = build(given);
  const providers = (built.providers ?? []).map((provider) => {
    if (typeof provider === 'function' || provider.provide !== tokenOf(name)) return provider;
    if (!('useFactory' in provider)) return provider;
    return checkedProvider(method, provider as FactoryProvider<unknown>, given, call);
  });
  return { ...built, providers };
}

function demandOneWay(method: string, given: Ways, call: string): void {
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
  method: string,
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

/**
 * Refuses what are no options before Nest takes them apart, which fails without a word of the call.
 *
 * @param call such as `CachingModule.forRoot()`
 * @param or what may be given instead, or an example
 * @throws InvalidOptionError
 */
export function demandOptions<Options>(
  options: Options,
  call: string,
  or = 'or nothing for the defaults',
): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(call, options, `given an object, ${or}`);
  }
  const given = options as Readonly<Record<string, unknown>>;
  // What is said about the module itself, which no reader of its options sees.
  for (const name of ['isGlobal', 'answerRefusals']) {
    if (given[name] !== undefined) flag.check(given[name], call, name);
  }
  return options;
}

/** {@link demandOptions} for what is declared in a list. @throws InvalidOptionError */
export function demandList<List>(list: List, call: string, example: string): List {
  if (Array.isArray(list)) return list;
  throw new InvalidOptionError(call, list, `given a list, such as [${example}]`);
}

/**
 * Refuses to go on without what another module provides. Nest's own message names a class, and not what
 * to write.
 *
 * @param service injected as optional
 * @param who needs it, such as `CachingModule.forFeature() declares "products"`
 * @param name of its class
 * @param call that provides it, such as `CachingModule.forRoot()`
 * @throws Error that says which call is missing
 */
export function demandImported<Service>(
  service: Service | undefined,
  who: string,
  name: string,
  call: string,
): Service {
  if (service !== undefined) return service;
  throw new Error(
    `${who}, but finds no ${name}: import ${call} in the root module, and leave it global`,
  );
}

/** What there is to know of a module that is imported once. */
export interface ImportedOnce {
  /** Whether it has `forFeature()`, for what it is to be imported for elsewhere. @default true */
  readonly features?: boolean;
  /** Whether modules that keep it to themselves may each have one. @default false */
  readonly privately?: boolean;
}

/**
 * Refuses a module that is imported in several ways: each would have a registry of its own, or one would
 * silently stand in for the other.
 *
 * @throws Error that says what to write instead
 */
export function refuseSecondImport(
  modules: ModulesContainer,
  module: Type,
  { features = true, privately = false }: ImportedOnce = {},
): void {
  const imported = [...modules.values()].filter(
    ({ metatype, isGlobal }) => metatype === module && (isGlobal || !privately),
  );
  if (imported.length < 2) return;
  throw new Error(
    `${module.name} is imported in ${imported.length} different ways: import forRoot() or ` +
      `forRootAsync() once, in the root module${features ? ', and forFeature() elsewhere' : ''}`,
  );
}

/**
 * Stands where a module's options are, until `forRoot()` or `forRootAsync()` provides them: who imports the
 * class alone has made no call, and Nest's own message would speak of a dependency inside the module.
 *
 * @param options that `forRoot()` cannot do without, as one writes them
 */
export function refuseBareImport(name: string, options = ''): FactoryProvider<never> {
  return {
    provide: tokenOf(name),
    useFactory: () => {
      throw new Error(
        `${name} is imported without a call: import ${name}.forRoot(${options}) or ` +
          `${name}.forRootAsync() once, in the root module, and not the class itself`,
      );
    },
  };
}
