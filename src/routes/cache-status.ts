import type { BackendAnswer } from '../backend/index.js';
import type { CacheResult } from '../caching/index.js';
import { forbidsReuse, marksOf, unsharedBecause } from './may-be-shared.js';

/** How an answer came about, as `Cache-Status` tells it (RFC 9211, section 2). */
type Provenance =
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

/**
 * The value of `Cache-Status` for what the cache has given.
 *
 * @param keyedHeaders names of request headers, in lower case, that the key covers
 */
export function cacheStatusOf(
  result: CacheResult<BackendAnswer>,
  keyedHeaders: ReadonlySet<string> = NONE,
): string {
  const { served, ttlMs, staleBecause, stored, value } = result;
  switch (served) {
    case 'hit':
      return cacheStatus({ hit: true, ttlMs });
    case 'stale': {
      const detail = staleBecause === 'error' ? 'stale-if-error' : 'stale-while-revalidate';
      return cacheStatus({ hit: true, ttlMs, detail });
    }
    case 'miss': {
      const detail = unstoredDetail(result, keyedHeaders);
      return cacheStatus({ hit: false, fwd: 'uri-miss', fwdStatus: value.status, stored, detail });
    }
    case 'collapsed': {
      const detail = unstoredDetail(result, keyedHeaders);
      return cacheStatus({ hit: false, fwd: 'uri-miss', collapsed: true, detail });
    }
  }
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Why an answer was not kept, as `Cache-Status` tells it. `status`: it is no answer that is kept, such as
 * a redirect, a part, or an error; `invalidated`: what it was made of was, while it was on its way, or
 * the process that made the call has not kept it.
 */
type UnstoredDetail =
  | NonNullable<ReturnType<typeof unsharedBecause>>
  | 'no-cache'
  | 'status'
  | 'too-large'
  | 'no-room'
  | 'invalidated';

/** `undefined` where there is nothing to tell: it was kept, or comes from the cache. */
function unstoredDetail(
  { unstored, value }: CacheResult<BackendAnswer>,
  keyedHeaders: ReadonlySet<string>,
): UnstoredDetail | undefined {
  switch (unstored) {
    case undefined:
      return undefined;
    case 'too-large':
    case 'no-room':
      return unstored;
    case 'overtaken':
      return 'invalidated';
    case 'unshared':
    case 'uncacheable':
      return said(value, keyedHeaders) ?? (unstored === 'unshared' ? 'private' : 'invalidated');
  }
}

/** What the answer itself says against being kept. */
function said(
  answer: BackendAnswer,
  keyedHeaders: ReadonlySet<string>,
): UnstoredDetail | undefined {
  const { status } = answer;
  const marks = marksOf(answer);
  const personal = unsharedBecause(marks, keyedHeaders);
  if (personal !== undefined) return personal;
  if (status < 200 || status >= 300 || status === 206) return 'status';
  return forbidsReuse(marks.cacheControl) ? 'no-cache' : undefined;
}
