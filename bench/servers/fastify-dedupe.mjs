// Fastify in front of async-cache-dedupe, which shares calls in progress (`/api/data`, kept for no time) and
// keeps answers (`/products`). Handlers return objects, the way both are used.
import { createCache } from 'async-cache-dedupe';
import Fastify from 'fastify';
import { Backend } from './pooled-backend.mjs';
import { BACKLOG, HOST, announce } from './ready.mjs';

const backend = new Backend();
const HOT_SECONDS = 86_400;

const cache = createCache({ storage: { type: 'memory' } })
  .define('data', { ttl: 0 }, (key) => backend.json(`/backend/${key}`))
  .define('product', { ttl: HOT_SECONDS }, (path) => backend.json(path));

const app = Fastify();
app.get('/api/data/:key', (request) => cache.data(request.params.key));
app.get('/products', ({ query }) =>
  cache.product(`/products/${query.productId}?fields=${query.fields}`),
);
await app.listen({ port: 0, host: HOST, backlog: BACKLOG });
announce(app.server.address().port);
