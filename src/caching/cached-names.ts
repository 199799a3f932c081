import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { MethodDecoration } from '../module-options/index.js';
import type { DecoratedHost, DecoratedMethod } from '../module-options/index.js';
import { CachingService } from './caching.service.js';

/** What is known of a cached method before it is called. */
export interface CachedMethodInfo extends DecoratedMethod {
  /** Cache that holds its values; left out where that is the default one. */
  readonly cache: string | undefined;
  /** What its keys begin with, in all processes and versions. */
  readonly name: string | undefined;
}

/** The methods with `@Cached()`. */
export const CACHED_METHODS = new MethodDecoration<CachingService, CachedMethodInfo>(
  '@Cached()',
  'cached',
  CachingService,
  'CachingModule',
);

/**
 * What the keys of cached methods begin with, in one application. No two classes have the same:
 * subclasses neither, which inherit a method and answer it from somewhere else.
 */
export class CachedNames {
  private static readonly ofServices = new WeakMap<object, CachedNames>();
  private readonly taken = new Map<string, string>();
  private readonly known = new WeakMap<DecoratedHost, Map<CachedMethodInfo, string>>();

  /** @param leaveTheProcess values are kept where other processes, or the next one, read them */
  private constructor(readonly leaveTheProcess: boolean) {}

  /** Those of the application that `service` belongs to. */
  static for(service: object): CachedNames {
    let names = this.ofServices.get(service);
    if (!names) {
      // What a test put in the service's place keeps nothing anywhere.
      names = new CachedNames(service instanceof CachingService && service.keepsBeyondMemory);
      this.ofServices.set(service, names);
    }
    return names;
  }

  /**
   * What keys of `method` on instances of `host` begin with.
   *
   * @throws Error where values leave the process and nobody gave a name that is this class's alone, or
   * where the name is another method's
   */
  of(method: CachedMethodInfo, host: DecoratedHost): string {
    let names = this.known.get(host);
    if (!names) this.known.set(host, (names = new Map<CachedMethodInfo, string>()));
    let name = names.get(method);
    if (name === undefined) {
      name = this.find(method, host);
      names.set(method, name);
    }
    return name;
  }

  private find(method: CachedMethodInfo, host: DecoratedHost): string {
    const { name, label } = method;
    const own = host.prototype === method.declaredOn;
    if (own && name !== undefined) return this.take(method, name);
    if (!this.leaveTheProcess) return this.number(method, host);
    throw new Error(
      own
        ? `${label} is cached in tiers below memory, where other processes and the next release read ` +
            `it, but has no name: write @Cached({ name: '…', key: … })`
        : `${host.name} inherits ${label}, which is cached in tiers below memory ` +
            `${name === undefined ? 'and has no name' : `under the name "${name}"`}: subclasses never ` +
            `read each other's values, so override it in ${host.name}, with @Cached() and a name of its own`,
    );
  }

  private take(method: CachedMethodInfo, name: string): string {
    const place = placeOf(method, name);
    const owner = this.taken.get(place);
    if (owner !== undefined) {
      throw new Error(
        `${owner} and ${method.label} are both cached under the name "${name}": give one of them ` +
          'another name',
      );
    }
    this.taken.set(place, method.label);
    return name;
  }

  /** A name for this process alone: the class's own, and a number where another one is called so too. */
  private number(method: CachedMethodInfo, host: DecoratedHost): string {
    const label = `${host.name}.${String(method.property)}`;
    let name = label;
    for (let next = 2; this.taken.has(placeOf(method, name)); next++) name = `${label}#${next}`;
    this.taken.set(placeOf(method, name), label);
    return name;
  }
}

function placeOf({ cache = '' }: CachedMethodInfo, name: string): string {
  return JSON.stringify([cache, name]);
}

/**
 * Looks at all `@Cached()` methods while the application starts, and stops the start where one would
 * read what another one has kept.
 */
@Injectable()
export class CachedExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly service: CachingService,
  ) {}

  /** @throws Error that says which method it is and what to write */
  onModuleInit(): void {
    const names = CachedNames.for(this.service);
    for (const [host, method] of CACHED_METHODS.methods(this.discovery, this.scanner)) {
      const given = method.name !== undefined && host.prototype === method.declaredOn;
      // The others get theirs when they are called, after all that were given.
      if (given || names.leaveTheProcess) names.of(method, host);
    }
  }
}
