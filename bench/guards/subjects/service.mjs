import { createServer } from 'node:http';
import { Pool } from 'undici';
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
 * @param {import('@nestjs/core').AbstractHttpAdapter} [adapter] left out: its own
 */
export async function startService(env, adapter = undefined) {
  const backend = constantServer();
  await new Promise((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (backend.address());
  const { createService } = await loadBuilt('service/create-service.js');
  const app = await createService({
    env: { BACKEND_URL: `http://127.0.0.1:${port}`, FRESH_TTL_MS: '86400000', ...env },
    ...(adapter && { adapter }),
  });
  await app.init();
  // Fastify's routes are there only after it; Express has nothing to wait for.
  await app.getHttpAdapter().getInstance().ready?.();
  return { app, server: app.getHttpServer(), close: () => backend.close() };
}

/** Origin of a backend that says for how long its answer is fresh, or that nobody may keep it. */
export async function startBackend(cacheControl = 'max-age=86400') {
  const backend = createServer((_request, response) => {
    response.writeHead(200, { ...HEAD, 'Cache-Control': cacheControl }).end(BODY);
  });
  await new Promise((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (backend.address());
  return `http://127.0.0.1:${port}`;
}

/** The service as a gateway. @param {string} [to] the backend */
export async function startGateway(to) {
  return startService({ PROXY_TO: to ?? (await startBackend()) });
}

/** A server that passes on what a backend answers, and does nothing else: what Node and undici cost. */
export function proxyServer(to) {
  const pool = new Pool(to);
  return createServer(({ method, url: path }, response) => {
    pool.dispatch(
      { method, path, headers: ['Host', 'guarded'] },
      {
        onRequestStart() {},
        onResponseStart({ rawHeaders }, status) {
          response.writeHead(status, rawHeaders.map(String));
        },
        onResponseData(_controller, chunk) {
          response.write(chunk);
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.destroy();
        },
      },
    );
  });
}

/** Counts what of the requests to `app` comes as far as the framework. */
export function countFrameworkRequests(app) {
  const seen = { requests: 0 };
  if (app.getHttpAdapter().getType() === 'fastify') {
    // Behind Fastify, whose middleware gives a request the id that Fastify has for it.
    app.getHttpServer().on('request', ({ id }) => id === undefined || seen.requests++);
    return seen;
  }
  const express = app.getHttpAdapter().getInstance();
  const { handle } = express;
  express.handle = function (...args) {
    seen.requests++;
    return handle.apply(this, args);
  };
  return seen;
}
