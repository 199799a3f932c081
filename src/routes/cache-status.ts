/** How an answer came about, as `Cache-Status` tells it (RFC 9211, section 2). */
export type Provenance =
  | { readonly hit: true; readonly ttlMs: number; readonly detail?: string }
  | {
      readonly hit: false;
      /** Why the request went forward: nothing kept, kept but stale, or not meant for the cache. */
      readonly fwd: 'uri-miss' | 'stale' | 'bypass';
      /** The backend's status; absent when this request did not cause the call. */
      readonly fwdStatus?: number;
      readonly stored?: boolean;
      readonly collapsed?: boolean;
      /** Why it was not kept. */
      readonly detail?: string | undefined;
    };

/** The value of `Cache-Status` for an answer; `ttl` in whole seconds, negative when stale. */
export function cacheStatus(provenance: Provenance): string {
  const parts = ['breakwater'];
  if (provenance.hit) {
    parts.push('hit', `ttl=${Math.floor(provenance.ttlMs / 1_000)}`);
  } else {
    parts.push(`fwd=${provenance.fwd}`);
    if (provenance.fwdStatus !== undefined) parts.push(`fwd-status=${provenance.fwdStatus}`);
    if (provenance.stored) parts.push('stored');
    if (provenance.collapsed) parts.push('collapsed');
  }
  if (provenance.detail !== undefined) parts.push(`detail=${provenance.detail}`);
  return parts.join('; ');
}
