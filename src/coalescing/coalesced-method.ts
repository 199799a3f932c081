import { MethodDecoration } from '../metadata/index.js';
import type { DecoratedMethod } from '../metadata/index.js';
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
