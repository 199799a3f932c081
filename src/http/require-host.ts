import type { IncomingMessage, ServerResponse } from 'node:http';

const BODY = JSON.stringify({ error: 'bad request' });

/** Refuses an HTTP/1.1 request without `Host` (RFC 9112, section 3.2). Whether it did. */
export function requireHost(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.headers.host !== undefined || request.httpVersion !== '1.1') return false;
  response.writeHead(400, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': BODY.length,
    Connection: 'close',
  });
  response.end(BODY);
  return true;
}
