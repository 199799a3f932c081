import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';

const BODY = JSON.stringify({ error: 'bad request' });

const NAME_LENGTH = 'host'.length;

/** A registered name or an address, and a port (RFC 3986, section 3.2.2). */
const HOST = /^(?:(?:[\w\-.~!$&'()*+,;=]|%[\da-f]{2})*|\[([^\]]*)\])(?::\d*)?$/i;

/** `IPvFuture`, beside which only an IPv6 address may be in brackets. */
const FUTURE = /^v[\da-f]+\.[\w\-.~!$&'()*+,;=:]+$/i;

/** Of the last request: nearly all of them name one. */
let lastValid = '';

/**
 * Refuses a request that RFC 9112, section 3.2 refuses: of HTTP/1.1 without `Host`, and of any version
 * with more than one, or with one that names no host. Whether it did.
 */
export function requireHost(request: IncomingMessage, response: ServerResponse): boolean {
  if (hasHost(request) || (request.headers.host === undefined && request.httpVersion !== '1.1')) {
    return false;
  }
  response.writeHead(400, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': BODY.length,
    Connection: 'close',
  });
  response.end(BODY);
  return true;
}

/** Whether a request has one `Host`, and a valid one. */
export function hasHost({ headers: { host }, rawHeaders }: IncomingMessage): boolean {
  if (host === undefined) return false;
  if (host !== lastValid) {
    if (!isHost(host)) return false;
    lastValid = host;
  }
  // Node keeps the first of several alone.
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === NAME_LENGTH && name.toLowerCase() === 'host') count++;
  }
  return count === 1;
}

function isHost(text: string): boolean {
  const match = HOST.exec(text);
  const address = match?.[1];
  return match !== null && (address === undefined || isIPv6(address) || FUTURE.test(address));
}
