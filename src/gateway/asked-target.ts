import type { IncomingMessage } from 'node:http';
import { authorityOf, normalHost, normalTarget, valueOf } from '../http-cache/index.js';
import type { NormalTarget } from '../http-cache/index.js';

/** A target as rules and keys see it. */
export interface AskedTarget {
  /** Lower case, default port left out. */
  readonly host: string;
  /** In normal form. */
  readonly path: string;
  /** In normal form, without its question mark; `undefined` where there is none. */
  readonly query: string | undefined;
  /** Path and query as the client wrote them. */
  readonly raw: string;
  /** The path as backends may read it too, where that is another one. */
  readonly loosely?: string | undefined;
}

/** The target of a request, or why it has none. @param isStrict whether what could be read in two ways is none */
export function targetOf(request: IncomingMessage, isStrict: boolean): AskedTarget | string {
  const raw = writtenTarget(request);
  // Of the server as a whole there is nothing to be had (RFC 9112, section 3.2.4).
  if (raw === '*' && request.method !== 'OPTIONS') return 'an invalid path';
  const normal = normalTarget(raw);
  // An absolute form names the host itself (RFC 9112, section 3.2.2).
  const authority = authorityOf(raw) ?? valueOf(request.rawHeaders, 'host') ?? '';
  const isEncrypted = 'encrypted' in request.socket;
  const host = normalHost(authority, isEncrypted ? 443 : 80);
  const own = raw.startsWith('/') || raw === '*' ? raw : pathOf(raw);
  if (typeof normal !== 'string') return targetFrom(host, normal, own);
  // Nothing to be dodged: it is the backend's to read.
  if (!isStrict) return { host, raw: own, ...split(own) };
  return normal === 'dot-segments' ? 'dot segments in the path' : 'an invalid path';
}

/** What a reference names, if it is of the same host (RFC 9111, section 4.4). */
export function referredTarget(
  reference: string,
  asked: { readonly uri: string; readonly target: AskedTarget },
): AskedTarget | undefined {
  if (!URL.canParse(reference, asked.uri)) return undefined;
  const url = new URL(reference, asked.uri);
  const { host } = asked.target;
  if (normalHost(url.host, 80) !== host) return undefined;
  const raw = url.pathname + url.search;
  const normal = normalTarget(raw);
  return typeof normal === 'string' ? undefined : targetFrom(host, normal, raw);
}

/** The target as the client wrote it: routers of middleware cut off of `url` what they have matched. */
export function writtenTarget(
  request: IncomingMessage & { readonly originalUrl?: string },
): string {
  return request.originalUrl ?? request.url ?? '/';
}

function targetFrom(
  host: string,
  { path, query, loosely }: NormalTarget,
  raw: string,
): AskedTarget {
  return {
    host,
    path,
    query: query === '' ? undefined : query.slice(1),
    raw,
    loosely: loosely && `/${loosely.join('/')}`,
  };
}

function split(raw: string): Pick<AskedTarget, 'path' | 'query'> {
  const at = raw.indexOf('?');
  return at === -1
    ? { path: raw, query: undefined }
    : { path: raw.slice(0, at), query: raw.slice(at + 1) };
}

/** Path and query of an absolute form. */
function pathOf(url: string): string {
  const at = url.indexOf('/', url.indexOf('//') + 2);
  const query = url.indexOf('?');
  if (at === -1 || (query !== -1 && query < at)) return query === -1 ? '/' : `/${url.slice(query)}`;
  return url.slice(at);
}
