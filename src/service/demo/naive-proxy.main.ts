import { Agent, createServer, request } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { processEnvironment } from '../config/index.js';

/*
 * What most teams have in front of a backend: each request is a call, with a timeout. Prints its port.
 */
const { BACKEND_URL, BACKEND_TIMEOUT_MS } = z
  .object({ BACKEND_URL: z.url(), BACKEND_TIMEOUT_MS: z.coerce.number().int().min(1) })
  .parse(processEnvironment());

const agent = new Agent({ keepAlive: true });

/** The backend's path of what the service in its place is asked for. */
function backendPath(url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://proxy');
  const id = searchParams.get('productId');
  if (pathname === '/products' && id !== null) return `/products/${encodeURIComponent(id)}`;
  return pathname.replace(/^\/api\/(data\/)?/, '/backend/');
}

function fail(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status);
  response.end();
}

const server = createServer((incoming, response) => {
  const call = request(BACKEND_URL + backendPath(incoming.url ?? '/'), { agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' });
    answer.pipe(response);
  });
  const timer = setTimeout(() => {
    fail(response, 504);
    call.destroy();
  }, BACKEND_TIMEOUT_MS);
  response.once('close', () => {
    clearTimeout(timer);
    call.destroy();
  });
  call
    .once('error', () => {
      fail(response, 502);
    })
    .end();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`Listening on port ${(server.address() as AddressInfo).port}\n`);
});
// The demo that has started it is over, in whatever way.
process.stdin.resume().once('end', () => process.exit(0));
