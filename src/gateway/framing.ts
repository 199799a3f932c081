import type { IncomingMessage } from 'node:http';
import { endToEnd, linesOf, valueOf } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import { asksForTrailers } from './request-fields.js';
import { behindUpgrade } from './special-requests.js';

/** Methods of which a server expects a body, and is told that there is none (RFC 9110, section 8.6). */
const ANTICIPATES_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The fields of a request as they are written: those that go to its end, and those of the one connection,
 * which say where its body ends, and what it expects.
 *
 * @param fields as of `sentFields()`
 */
export function framedFields(
  fields: Fields,
  request: IncomingMessage,
  { host, expects }: { readonly host: string; readonly expects: boolean },
): string[] {
  const { method = 'GET', rawHeaders, headers } = request;
  const switches = behindUpgrade(request) !== undefined;
  const framed = [...fields];
  const options: string[] = [];
  if (valueOf(fields, 'host') === undefined) framed.unshift('Host', host);
  if (switches) {
    options.push('Upgrade');
    framed.push('Upgrade', headers.upgrade ?? '');
  } else options.push('keep-alive');
  if (asksForTrailers(rawHeaders)) {
    options.push('TE');
    framed.push('TE', 'trailers');
  }
  if (headers['transfer-encoding'] !== undefined) {
    framed.push('Transfer-Encoding', 'chunked', ...trailerField(rawHeaders));
  } else if (headers['content-length'] !== undefined) {
    framed.push('Content-Length', headers['content-length']);
  } else if (!switches && ANTICIPATES_BODY.has(method)) {
    framed.push('Content-Length', '0');
  }
  if (expects) framed.push('Expect', '100-continue');
  framed.push('Connection', options.join(', '));
  return framed;
}

/** Which trailers are to come, as received. For messages in chunks alone. */
export function trailerField(fields: Fields): string[] {
  return linesOf(fields, 'trailer').flatMap((line) => ['Trailer', line]);
}

/** These decide where a message ends, or where it goes (RFC 9110, section 6.5.1). */
const NEVER_TRAILERS: ReadonlySet<string> = new Set(['content-length', 'host', 'content-encoding']);

/** Whether a value may be written: parsers let more through (RFC 9110, section 5.5). */
export function isWritable(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** Trailers as they are handed on. */
export function trailerPairs(trailers: Fields): [string, string][] {
  const kept = endToEnd(trailers);
  const pairs: [string, string][] = [];
  for (let at = 0; at < kept.length; at += 2) {
    const name = kept[at] as string;
    const value = kept[at + 1] as string;
    if (!NEVER_TRAILERS.has(name.toLowerCase()) && isWritable(value)) pairs.push([name, value]);
  }
  return pairs;
}

/** Whether an answer has content. */
export function hasContent({ method }: IncomingMessage, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/** The protocols that an `Upgrade` names, in lower case. */
export function protocolsOf(upgrade: string | undefined): string[] {
  const names = (upgrade ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '');
}
