// The limits of a gateway that keeps nothing: Node's own server, and behind it Node's own client with an agent
// that keeps its connections, or undici, as is said on the command line. Heads and bodies as they come.
import { Agent, createServer, request } from 'node:http';
import { Pool } from 'undici';
import { serve } from './ready.mjs';

const { BACKEND_URL } = process.env;
const { hostname: host, port } = new URL(BACKEND_URL);
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** Fields, names and values in turn, without those of the one connection. */
function endToEnd(fields) {
  const kept = [];
  for (let at = 0; at < fields.length; at += 2) {
    if (!HOP_BY_HOP.has(fields[at].toLowerCase())) kept.push(fields[at], fields[at + 1]);
  }
  return kept;
}

function byNode() {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });
  return (incoming, response) => {
    const { method, url: path, rawHeaders } = incoming;
    request({ host, port, method, path, agent, headers: endToEnd(rawHeaders) }, (answer) => {
      response.writeHead(answer.statusCode, endToEnd(answer.rawHeaders));
      answer.pipe(response);
    })
      .on('error', () => response.destroy())
      .end();
  };
}

function byUndici() {
  const pool = new Pool(BACKEND_URL, { connections: 256 });
  const text = (bytes) => bytes.toString('latin1');
  return (incoming, response) => {
    const { method, url: path, rawHeaders } = incoming;
    pool.dispatch(
      { method, path, headers: endToEnd(rawHeaders) },
      {
        onRequestStart() {},
        onResponseStart(controller, status) {
          response.writeHead(status, endToEnd(controller.rawHeaders.map(text)));
        },
        onResponseData(controller, chunk) {
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.destroy();
        },
      },
    );
  };
}

serve(createServer(process.argv[2] === 'undici' ? byUndici() : byNode()));
