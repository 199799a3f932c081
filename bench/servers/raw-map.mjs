// The limit of a fan-out: Node's own server, a hand-written Map of calls in progress, one Buffer for all.
import { createServer } from 'node:http';
import { Backend } from './pooled-backend.mjs';
import { serve } from './ready.mjs';

const PREFIX = '/api/data/';
const backend = new Backend();

/** @type {Map<string, Promise<Buffer>>} */
const flights = new Map();

function flight(key) {
  let known = flights.get(key);
  if (!known) {
    known = backend.bytes(`/backend/${key}`).finally(() => flights.delete(key));
    flights.set(key, known);
  }
  return known;
}

serve(
  createServer((request, response) => {
    flight(request.url.slice(PREFIX.length)).then(
      (body) => {
        response.writeHead(200, {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': body.length,
        });
        response.end(body);
      },
      () => response.writeHead(502, { 'Content-Length': 0 }).end(),
    );
  }),
);
