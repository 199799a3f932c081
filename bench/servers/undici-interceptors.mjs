// Node's own server in front of undici with its `cache` and `deduplicate` interceptors: every request is a
// call of undici, which answers it from its store, or lets it join a call in progress.
import { createServer } from 'node:http';
import { Agent, interceptors } from 'undici';
import { serve } from './ready.mjs';

const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 }).compose(
  interceptors.deduplicate(),
  interceptors.cache(),
);

/** The path of the backend that a request is for. */
function backendPath(url) {
  if (url.startsWith('/api/data/')) return `/backend/${url.slice('/api/data/'.length)}`;
  const query = new URLSearchParams(url.slice(url.indexOf('?')));
  return `/products/${query.get('productId')}?fields=${query.get('fields')}`;
}

serve(
  createServer((request, response) => {
    const call = { origin: process.env.BACKEND_URL, path: backendPath(request.url), method: 'GET' };
    agent
      .request(call)
      .then(async ({ statusCode, headers, body }) => {
        const bytes = Buffer.from(await body.arrayBuffer());
        response.writeHead(statusCode, {
          'Content-Type': headers['content-type'],
          'Content-Length': bytes.length,
        });
        response.end(bytes);
      })
      .catch((error) => {
        response.writeHead(502, { 'Content-Length': 0 }).end();
        console.error(error);
      });
  }),
);
