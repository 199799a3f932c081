import type { CachePolicyOptions } from '../caching/index.js';
import type { RouteDeclaration } from './route-declaration.interface.js';

/** What a declaration says beside the policy of its cache. */
const OWN = new Set<string>([
  'path',
  'params',
  'key',
  'backend',
  'coalescer',
  'tags',
  'headers',
  'circuit',
  'trustTtl',
  'use',
  'otherMethods',
] satisfies Exclude<keyof RouteDeclaration, keyof CachePolicyOptions>[]);

/** The members of a declaration that are the policy of its cache. */
export function policyOf(route: RouteDeclaration): CachePolicyOptions {
  return Object.fromEntries(Object.entries(route).filter(([member]) => !OWN.has(member)));
}
