/** Why a request went on to the backend (RFC 9211, section 2.2). */
export type ForwardedBecause =
  'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial';

/** How an answer came about (RFC 9211, section 2). */
export type CacheStatusParts = (
  | {
      /** It was stored; nobody waited for the backend. */
      readonly hit: true;
    }
  | {
      readonly fwd: ForwardedBecause;
      /** The backend's status; absent where another request has caused the call. */
      readonly fwdStatus?: number | undefined;
      readonly stored?: boolean;
      /** It was answered by the call of another request. */
      readonly collapsed?: boolean;
    }
) & {
  /** The rest of the lifetime, in seconds; negative once it is stale. */
  readonly ttlS?: number | undefined;
  /** What else is to be told, such as `stale-if-error`, `revalidated`, `hit-for-miss` or why it is not stored. */
  readonly detail?: string | undefined;
};

/** The most that an Integer of structured fields holds (RFC 9651, section 3.3.1). */
const MOST = 999_999_999_999_999;

const TOKEN = /^[a-z*][\w!#$%&'*+.^`|~:/-]*$/i;

/**
 * The value of `Cache-Status` (H5). It goes into a line of its own behind those of the backend: whoever is
 * nearest to the client comes last (RFC 9211, section 2).
 */
export function cacheStatus(parts: CacheStatusParts): string {
  let value = 'breakwater';
  if ('hit' in parts) {
    value += '; hit';
  } else {
    value += `; fwd=${parts.fwd}`;
    if (parts.fwdStatus !== undefined) value += `; fwd-status=${parts.fwdStatus}`;
  }
  if (parts.ttlS !== undefined) value += `; ttl=${integer(parts.ttlS)}`;
  if ('fwd' in parts) {
    if (parts.stored) value += '; stored';
    if (parts.collapsed) value += '; collapsed';
  }
  if (parts.detail !== undefined) value += `; detail=${tokenOrString(parts.detail)}`;
  return value;
}

function integer(seconds: number): number {
  return Math.max(-MOST, Math.min(Math.floor(seconds), MOST));
}

/** Strings hold printable ASCII alone (RFC 9651, section 3.3.3). */
function tokenOrString(text: string): string {
  return TOKEN.test(text)
    ? text
    : `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, String.raw`\$&`)}"`;
}
