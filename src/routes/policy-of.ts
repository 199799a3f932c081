import { CACHE_POLICY_OPTIONS } from '../caching/index.js';
import type { CachePolicyOptions } from '../caching/index.js';
import type { RouteDeclaration } from './route-declaration.interface.js';

/** The members of a declaration that are the policy of its cache. */
export function policyOf(route: RouteDeclaration): CachePolicyOptions {
  const isOfPolicy = ([name]: [string, unknown]) => Object.hasOwn(CACHE_POLICY_OPTIONS.rules, name);
  return Object.fromEntries(Object.entries(route).filter(isOfPolicy));
}
