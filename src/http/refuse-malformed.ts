import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import { contextOf } from './request-context.js';
import { jsonAnswer, writeAnswer } from './write-answer.js';

const BAD_REQUEST = jsonAnswer(400, { error: 'bad request' }, ['Connection', 'close']);

const REFUSED = Symbol('breakwater:refused');

type Refused = Socket & { [REFUSED]?: true };

/**
 * Refuses, by 400 and the end of the connection, what Node lets through and no two servers would read
 * alike: a request whose `Host`, target or framing is not what RFC 9112 says. Whether it did.
 */
export function refuseMalformed(request: IncomingMessage, response: ServerResponse): boolean {
  const socket: Refused = request.socket;
  // What is behind it may be no request, but what somebody took for a body.
  if (socket[REFUSED]) return true;
  const fault = faultOf(request);
  if (fault === undefined) return false;
  socket[REFUSED] = true;
  const context = contextOf(request);
  if (context) context.cause = fault;
  writeAnswer(response, BAD_REQUEST);
  return true;
}

function faultOf(request: IncomingMessage): string | undefined {
  const { headers, httpVersion, url = '' } = request;
  // RFC 9112, section 3.2: one, from HTTP/1.1 on, and never one that names no host.
  if (!hasHost(request) && (headers.host !== undefined || httpVersion === '1.1')) {
    return 'not one valid Host';
  }
  if (!isTarget(url)) return 'an invalid target';
  const encoding = headers['transfer-encoding'];
  // RFC 9112, section 6.1: HTTP/1.0 does not know it, and whoever has passed it on may not either.
  if (encoding !== undefined && (httpVersion === '1.0' || !endsChunked(encoding))) {
    return 'an invalid Transfer-Encoding';
  }
  return undefined;
}

/** A path, `*`, or a whole URL (RFC 9112, section 3.2), none of which has a fragment. */
function isTarget(url: string): boolean {
  if (url.includes('#')) return false;
  return url.startsWith('/') || url === '*' || URL.canParse(url);
}

/** Whether a request's body ends where its chunks do (RFC 9112, section 6.3): the last coding is chunked. */
function endsChunked(encoding: string): boolean {
  const codings = encoding.split(',').map((coding) => coding.trim().toLowerCase());
  return codings.indexOf('chunked') === codings.length - 1;
}

const NAME_LENGTH = 'host'.length;

/** A registered name or an address, and a port (RFC 3986, section 3.2.2). */
const HOST = /^(?:(?:[\w\-.~!$&'()*+,;=]|%[\da-f]{2})*|\[([^\]]*)\])(?::\d*)?$/i;

/** `IPvFuture`, beside which only an IPv6 address may be in brackets. */
const FUTURE = /^v[\da-f]+\.[\w\-.~!$&'()*+,;=:]+$/i;

/** Of the last request: nearly all of them name one. */
let lastValid = '';

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
