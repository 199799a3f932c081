// The limit of a miss: Node's own server, and its own client with an agent that keeps its connections.
import { Agent, createServer, request } from 'node:http';
import { serve } from './ready.mjs';

const PREFIX = '/api/data/';
const { hostname: host, port } = new URL(process.env.BACKEND_URL);
const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });

serve(
  createServer((incoming, response) => {
    const path = `/backend/${incoming.url.slice(PREFIX.length)}`;
    request({ host, port, path, agent }, (answer) => {
      /** @type {Buffer[]} */
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
        response.writeHead(answer.statusCode, {
          'Content-Type': answer.headers['content-type'],
          'Content-Length': body.length,
        });
        response.end(body);
      });
    })
      .on('error', () => response.writeHead(502, { 'Content-Length': 0 }).end())
      .end();
  }),
);
