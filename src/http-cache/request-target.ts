/** A request's target as it is keyed and matched; what is sent on stays as the client wrote it. */
export interface NormalTarget {
  /** In the normal form of RFC 3986, section 6.2.2: with `query` behind it, the part of a key. */
  readonly path: string;
  /** With its question mark; `''` where there is none, which is not the same as an empty one. */
  readonly query: string;
  /**
   * The path from slash to slash, for rules: each byte that may stand in a segment stands as itself, and
   * each other is percent-encoded. So `/%40me` is matched by what matches `/@me`.
   */
  readonly segments: readonly string[];
  /**
   * The segments as a backend reads them that decodes `%2F` and `%5C`, takes several slashes for one and
   * none at the end, and drops parameters behind `;`. What forbids a path has to forbid it in this
   * reading as well; `undefined` where both are the same.
   */
  readonly loosely: readonly string[] | undefined;
}

/**
 * Why a target has no normal form.
 * - `bad-escape`: a `%` of the path that encodes nothing, or encodes NUL
 * - `dot-segments`: a segment `.` or `..`, in whatever disguise
 * - `bad-form`: neither a path nor an absolute URL without user name, or with what no path holds: `#`,
 *   `\`, space and control characters, which readers take for the end, for a slash, or for nothing
 */
export type BadTarget = 'bad-escape' | 'dot-segments' | 'bad-form';

const ABSOLUTE = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;
/** Most paths: nothing in them is written in another way than it is read. */
const PLAIN_PATH = /^(?:\/[\w~!$&'()*+,=:@-][\w.~!$&'()*+,=:@-]*)+$/;
const BAD_ESCAPE = /%(?![\da-f]{2})|%00/i;
const NO_PATH = /[^!-~\u0080-\u00ff]|[#\\]/;
/** Looked for in the normal form, where a dot is never encoded. Parameters behind it hide it from nobody. */
const DOT_SEGMENT = /(?:\/|%2F|%5C)\.\.?(?:$|\/|;|%2F|%5C|%3B)/;
const ESCAPE = /%[\da-f]{2}/gi;
const UNRESERVED = /[\w.~-]/;
/** What may stand in a segment without encoding (RFC 3986, section 3.3). */
const OF_A_SEGMENT = /[\w.~!$&'()*+,;=:@-]/;
const ESCAPE_OR_STRANGER = /%[\dA-F]{2}|[^\w.~!$&'()*+,;=:@%-]/g;
const SLASHES = /\/|%2F|%5C/;

/**
 * The normal form of a target: escapes in upper case, and none for characters that need none (K1). A
 * query with a `%` that encodes nothing stays as it is, which is a key of its own and dodges no rule.
 *
 * @param target as it came, one character a byte: a path with its query, an absolute URL, or `*`
 */
export function normalTarget(target: string): NormalTarget | BadTarget {
  if (target === '*') return ASTERISK;
  const start = target.startsWith('/') ? '' : ABSOLUTE.exec(target)?.[0];
  if (start === undefined || start.includes('@')) return 'bad-form';
  const queryAt = target.indexOf('?', start.length);
  const end = queryAt === -1 ? target.length : queryAt;
  const rawPath = target.slice(start.length, end) || '/';
  const query = normalQuery(target.slice(end));
  if (PLAIN_PATH.test(rawPath)) {
    return { path: rawPath, query, segments: rawPath.slice(1).split('/'), loosely: undefined };
  }
  if (NO_PATH.test(rawPath)) return 'bad-form';
  if (BAD_ESCAPE.test(rawPath)) return 'bad-escape';
  const path = normalEscapes(rawPath);
  if (DOT_SEGMENT.test(path)) return 'dot-segments';
  const segments = path.slice(1).split('/').map(canonicalSegment);
  return { path, query, segments, loosely: looseSegments(segments) };
}

function normalQuery(query: string): string {
  return BAD_ESCAPE.test(query) ? query : normalEscapes(query);
}

const ASTERISK: NormalTarget = { path: '*', query: '', segments: ['*'], loosely: undefined };

function normalEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(ESCAPE, (escape) => {
    const character = decoded(escape);
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}

function decoded(escape: string): string {
  return String.fromCharCode(parseInt(escape.slice(1), 16));
}

function canonicalSegment(segment: string): string {
  return segment.replace(ESCAPE_OR_STRANGER, (part) => {
    if (part.length === 1) {
      return `%${part.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    }
    const character = decoded(part);
    return OF_A_SEGMENT.test(character) ? character : part;
  });
}

function looseSegments(segments: readonly string[]): readonly string[] | undefined {
  if (segments.length === 1 && segments[0] === '') return undefined;
  const loose = segments
    .flatMap((segment) => segment.split(SLASHES))
    .map((segment) => segment.replace(/;.*/s, ''))
    .filter((segment) => segment !== '');
  const isSame =
    loose.length === segments.length && loose.every((segment, at) => segment === segments[at]);
  return isSame ? undefined : loose;
}

/**
 * A segment of a pattern, as `segments` of a target have it; `undefined` where it can match no target.
 *
 * @param text literal text of a rule; characters beyond ASCII stand for their bytes in UTF-8
 */
export function literalSegment(text: string): string | undefined {
  const bytes = text.replace(/[^!-~]/gu, (character) => encodeURIComponent(wellFormed(character)));
  const target = normalTarget(`/${bytes}`);
  if (typeof target === 'string' || target.query !== '' || target.segments.length > 1) {
    return undefined;
  }
  return target.segments[0];
}

function wellFormed(character: string): string {
  return /\p{Surrogate}/u.test(character) ? '\ufffd' : character;
}

/** Host and port that an absolute target names; `undefined` for a path. They win over `Host` (RFC 9112, section 3.2.2). */
export function authorityOf(target: string): string | undefined {
  return target.startsWith('/') ? undefined : ABSOLUTE.exec(target)?.[1];
}

/**
 * A host as it is keyed and matched: in lower case, without the port that goes without saying.
 *
 * @param authority value of `Host`, or of an absolute target
 */
export function normalHost(authority: string, defaultPort: 80 | 443): string {
  const lower = authority.toLowerCase();
  const colon = lower.search(/:\d*$/);
  if (colon === -1) return lower;
  const port = lower.slice(colon + 1);
  const isDefault = port === '' || Number(port) === defaultPort;
  return isDefault ? lower.slice(0, colon) : lower;
}
