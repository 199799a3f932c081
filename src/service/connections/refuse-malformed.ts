import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { contextOf, hasHost } from '../../http/index.js';

const BODY = JSON.stringify({ error: 'bad request' });

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
  response.writeHead(400, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': BODY.length,
    Connection: 'close',
  });
  response.end(BODY);
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
