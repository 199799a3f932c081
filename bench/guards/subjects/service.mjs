import { createServer } from 'node:http';
import { loadBuilt } from '../built.mjs';

const BODY = JSON.stringify({ productId: 'SKU1', name: 'x'.repeat(160), price: 1 });
const HEAD = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': BODY.length };

export const PRODUCT = '/products?productId=SKU1&fields=name,price';

/** A server that writes one and the same answer: what Node itself costs. */
export function constantServer() {
  return createServer((_request, response) => {
    response.writeHead(200, HEAD).end(BODY);
  });
}

/**
 * The service in front of a backend that answers at once, ready for requests.
 *
 * @param {Record<string, string>} [env]
 */
export async function startService(env) {
  const backend = constantServer();
  await new Promise((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (backend.address());
  const { createService } = await loadBuilt('service/create-service.js');
  const app = await createService({
    env: { BACKEND_URL: `http://127.0.0.1:${port}`, FRESH_TTL_MS: '86400000', ...env },
  });
  await app.init();
  return { app, server: app.getHttpServer(), close: () => backend.close() };
}

/** The same as a gateway, whose backend says for how long its answer is fresh. */
export async function startGateway() {
  const backend = createServer((_request, response) => {
    response.writeHead(200, { ...HEAD, 'Cache-Control': 'max-age=86400' }).end(BODY);
  });
  await new Promise((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (backend.address());
  return startService({ PROXY_TO: `http://127.0.0.1:${port}` });
}

/** Counts what of the requests to `app` comes as far as the framework. */
export function countFrameworkRequests(app) {
  const express = app.getHttpAdapter().getInstance();
  const { handle } = express;
  const seen = { requests: 0 };
  express.handle = function (...args) {
    seen.requests++;
    return handle.apply(this, args);
  };
  return seen;
}
