import { anObject, anyText, list } from '../ground/index.js';

/** Splits an absolute URL at its path, without normalising either part. */
const ABSOLUTE_URL = /^(https?:\/\/[^/?#]+)([^#]*)/i;

/** Where a request goes. */
export interface RequestTarget {
  readonly origin: string;
  /** Begins with a slash. */
  readonly path: string;
}

/**
 * The target of a URL, its path exactly as it was given: a URL parser would resolve `%2e%2e`.
 *
 * @param baseUrl put before a URL that is not an absolute one
 * @throws TypeError when what comes of it is not an absolute one
 */
export function targetOf(url: string, baseUrl = ''): RequestTarget {
  const whole = /^https?:/i.test(url) ? url : `${baseUrl}${url}`;
  const [, origin, path] = ABSOLUTE_URL.exec(whole) ?? [];
  if (origin === undefined || path === undefined) throw new TypeError('not an absolute URL');
  return { origin, path: path.startsWith('/') ? path : `/${path}` };
}

/** Values of a backend's query; an absent one is left out, a list is joined by literal commas. */
export type BackendQuery = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** A dot segment would be resolved away by whoever parses the URL (RFC 3986, section 5.2.4). */
function encodeSegment(segment: string): string {
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2E');
  return encodeURIComponent(segment);
}

/**
 * Builds a backend's URL out of parts that cannot break out of their place: every segment stays one
 * segment below `base`, every query value one value.
 *
 * @throws InvalidOptionError for a part that is not text
 * @example
 * backendUrl(base, ['products', id], { fields: ['name', 'price'] }) // …/products/7?fields=name,price
 */
export function backendUrl(
  base: string,
  segments: readonly string[],
  query: BackendQuery = {},
): string {
  // Asked here first, since it is built for every call.
  if (typeof base !== 'string') anyText.check(base, 'backendUrl()', 'base');
  if (!Array.isArray(segments)) list.check(segments, 'backendUrl()', 'segments');
  if (Object(query) !== query) anObject.check(query, 'backendUrl()', 'query');
  const path = segments
    .map((segment, at) => {
      // Of what is missing, the name would become a path: `/products/undefined`.
      if (typeof segment !== 'string') anyText.check(segment, 'backendUrl()', `segments[${at}]`);
      return `/${encodeSegment(segment)}`;
    })
    .join('');
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const items = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
    return [`${encodeURIComponent(name)}=${items.map(encodeURIComponent).join(',')}`];
  });
  return `${base.replace(/\/+$/, '')}${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}
