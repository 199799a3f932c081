/**
 * What was declared invalid: one key of a cache, everything with a tag in any cache, everything in a
 * cache, or everything. Small and serialisable, so that it can be sent to other instances.
 */
export type Invalidation =
  | { readonly kind: 'key'; readonly cache: string; readonly key: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'cache'; readonly cache: string }
  | { readonly kind: 'all' };
