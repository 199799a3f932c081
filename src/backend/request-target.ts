/** Splits an absolute URL at its path, without normalising either part. */
const ABSOLUTE_URL = /^(https?:\/\/[^/?#]+)([^#]*)/i;

/** Where a request goes. */
export interface RequestTarget {
  readonly origin: string;
  /** Begins with a slash. */
  readonly path: string;
}

/** Whether `url` stands alone, without a base URL. */
export function isAbsoluteUrl(url: string): boolean {
  return /^https?:/i.test(url);
}

/**
 * The target of an absolute URL, its path exactly as it was given: a URL parser would resolve `%2e%2e`.
 *
 * @throws TypeError when `url` is not an absolute one
 */
export function targetOf(url: string): RequestTarget {
  const [, origin, path] = ABSOLUTE_URL.exec(url) ?? [];
  if (origin === undefined || path === undefined) throw new TypeError('not an absolute URL');
  return { origin, path: path.startsWith('/') ? path : `/${path}` };
}
