import { FieldNames, itemsOf, valueOf, without } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';

/**
 * Whether a request has been here before (RFC 9110, section 7.6.3): a gateway that leads to itself would ask
 * itself for ever.
 *
 * @param self pseudonym of this gateway in `Via`, in lower case
 */
export function hasLooped(fields: Fields, self: string): boolean {
  return itemsOf(fields, 'via').some((hop) => hop.toLowerCase().split(/\s+/)[1] === self);
}

/**
 * How many may still hand on a request (RFC 9110, section 7.6.2); `undefined` where nothing bounds it, as for
 * methods other than `OPTIONS` and `TRACE`. At 0 it is answered here, by {@link answerOfLastHop}.
 */
export function hopsLeft(method: string, fields: Fields): number | undefined {
  if (method !== 'OPTIONS' && method !== 'TRACE') return undefined;
  const value = valueOf(fields, 'max-forwards');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** An answer of the gateway's own. */
export interface HopAnswer {
  readonly status: number;
  readonly fields: string[];
  readonly body: string;
}

/** What is known of a client that nobody else has to see (RFC 9110, section 9.3.8). */
const SECRET = new FieldNames(['authorization', 'cookie', 'proxy-authorization']);

/**
 * The answer to `OPTIONS` or `TRACE` that goes no further.
 *
 * @param target as the client wrote it
 */
export function answerOfLastHop(method: string, target: string, fields: Fields): HopAnswer {
  if (method !== 'TRACE') return { status: 204, fields: ['Cache-Control', 'no-store'], body: '' };
  const shown = without(fields, SECRET);
  let body = `TRACE ${target} HTTP/1.1\r\n`;
  for (let at = 0; at < shown.length; at += 2) body += `${shown[at]}: ${shown[at + 1]}\r\n`;
  body += '\r\n';
  return {
    status: 200,
    fields: ['Content-Type', 'message/http', 'Content-Length', String(body.length)],
    body,
  };
}
