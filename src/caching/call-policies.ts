import type { CachePolicy, CachePolicyOptions } from './kernel/cache-policy.interface.js';
import { CACHE_POLICY_OPTIONS, resolveCachePolicy } from './kernel/resolve-cache-policy.js';

/** Policies of single calls: what the call says, and for the rest what the cache says. */
export class CallPolicies {
  /** Options that cannot change are checked once. */
  private readonly resolved = new WeakMap<object, CachePolicy>();

  constructor(private readonly base: CachePolicy) {}

  /** @throws {@link InvalidCachingOptionError} */
  of(options: CachePolicyOptions): CachePolicy {
    const known = this.resolved.get(options);
    if (known) return known;
    const own = CACHE_POLICY_OPTIONS.filter((name) => options[name] !== undefined);
    const members = Object.fromEntries(own.map((name) => [name, options[name]]));
    const policy = own.length === 0 ? this.base : resolveCachePolicy(members, 'options', this.base);
    if (Object.isFrozen(options)) this.resolved.set(options, policy);
    return policy;
  }
}
