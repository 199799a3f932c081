// The limit of a hot hit: Node's own server writes one constant Buffer.
import { createServer } from 'node:http';
import { SMALL_BODY } from './body.mjs';
import { serve } from './ready.mjs';

serve(
  createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': SMALL_BODY.length,
    });
    response.end(SMALL_BODY);
  }),
);
