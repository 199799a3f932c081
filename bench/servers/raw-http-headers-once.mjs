// As `raw-http.mjs`, with the headers built once, in the flat form that Node writes without looking at it.
import { createServer } from 'node:http';
import { SMALL_BODY } from './body.mjs';
import { serve } from './ready.mjs';

const HEADERS = [
  ...['Content-Type', 'application/json; charset=utf-8'],
  ...['Content-Length', String(SMALL_BODY.length)],
];

serve(
  createServer((_request, response) => {
    response.writeHead(200, HEADERS);
    response.end(SMALL_BODY);
  }),
);
