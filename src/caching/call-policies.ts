import type { OptionReader } from '../ground/index.js';
import type { CachePolicy, CachePolicyOptions } from './kernel/cache-policy.interface.js';
import { policyAmong } from './kernel/resolve-cache-policy.js';

/** Policies of single calls: what the call says, and for the rest what the cache says. */
export class CallPolicies {
  /** Options that cannot change are checked once. */
  private readonly resolved = new WeakMap<object, CachePolicy>();

  constructor(private readonly base: CachePolicy) {}

  /**
   * @param reader of such options
   * @throws InvalidOptionError
   */
  of<Options extends CachePolicyOptions>(
    options: Options,
    reader: OptionReader<Options>,
  ): CachePolicy {
    const known = this.resolved.get(options);
    if (known) return known;
    reader.check(options, 'options');
    const policy = policyAmong(options, this.base);
    if (Object.isFrozen(options)) this.resolved.set(options, policy);
    return policy;
  }
}
