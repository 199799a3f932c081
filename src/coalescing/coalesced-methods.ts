import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { MethodDecoration } from '../module-options/index.js';
import type { DecoratedMethod } from '../module-options/index.js';
import { CoalescingService } from './coalescing.service.js';

/** What is known of a coalesced method before it is called. */
export interface CoalescedMethodInfo extends DecoratedMethod {
  /** Name of its coalescer; left out where that is the default one. */
  readonly coalescer: string | undefined;
  readonly sharedBy: 'instance' | 'class';
  /** What its keys begin with outside of this process. */
  readonly name: string | undefined;
}

/** The methods with `@Coalesce()`. */
export const COALESCED_METHODS = new MethodDecoration<CoalescingService, CoalescedMethodInfo>(
  '@Coalesce()',
  'coalesced',
  CoalescingService,
  'CoalescingModule',
);

/** Says why `label` cannot be shared among processes, and what to write. */
export function missingName(label: string): Error {
  return new Error(
    `${label} is coalesced with sharedBy: 'class' in a coalescer of scope 'cluster', but has no name ` +
      `that all processes know it by: write @Coalesce({ sharedBy: 'class', name: '…' }), or leave ` +
      `sharedBy out to keep its flights in this process`,
  );
}

let namespaces = 0;

/** Prefixes that keep the keys of one method on one owner apart from all others. */
export class KeyNamespace {
  private readonly prefixes = new WeakMap<object, string>();
  private readonly label: string;
  private owners = 0;

  /** @param label for people; uniqueness does not depend on it */
  constructor(label: string) {
    this.label = `${label}#${++namespaces}`;
  }

  /** The prefix for keys of `owner`. */
  prefixFor(owner: object): string {
    let prefix = this.prefixes.get(owner);
    if (prefix === undefined) {
      prefix = `${this.label}.${++this.owners}`;
      this.prefixes.set(owner, prefix);
    }
    return prefix;
  }
}

/**
 * Looks at all `@Coalesce()` methods while the application starts, and stops the start where flights
 * would be shared among processes under a name that nobody gave, or that two methods have.
 */
@Injectable()
export class CoalesceExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly service: CoalescingService,
  ) {}

  /** @throws Error that says which method it is and what to write */
  onModuleInit(): void {
    // What a test put in the service's place shares nothing with other processes.
    if (!(this.service instanceof CoalescingService)) return;
    const owners = new Map<string, CoalescedMethodInfo>();
    for (const [host, method] of COALESCED_METHODS.methods(this.discovery, this.scanner)) {
      const { label, name, declaredOn, coalescer = '' } = method;
      if (method.sharedBy !== 'class') continue;
      if (this.service.scopeOf(method.coalescer) !== 'cluster') continue;
      if (name === undefined) throw missingName(label);
      if (declaredOn !== host.prototype) {
        throw new Error(
          `${host.name} inherits ${label}, which is coalesced in a cluster under the name "${name}": ` +
            `subclasses never share flights, so override it in ${host.name}, with @Coalesce() and a ` +
            'name of its own',
        );
      }
      const identity = JSON.stringify([coalescer, name]);
      const owner = owners.get(identity) ?? method;
      if (owner !== method) {
        throw new Error(
          `${owner.label} and ${label} are both coalesced in a cluster under the name "${name}": ` +
            'give one of them another name',
        );
      }
      owners.set(identity, method);
    }
  }
}
