// The backend of the soak, in a process of its own: answers every path with what it was asked for, and is
// told by `POST /mode/<mode>` how. Prints its port.
import { createServer } from 'node:http';

/** How it answers, by mode. @type {Readonly<Record<string, (response: import('node:http').ServerResponse, body: string) => void>>} */
const MODES = {
  well: (response, body) => setTimeout(() => answer(response, 200, body), 5),
  slow: (response, body) => setTimeout(() => answer(response, 200, body), 400),
  failing: (response) => answer(response, 503, '{"error":"failing"}'),
  // Whatever ends a call without an answer: cut off at once, cut off half-way, never answered.
  dead: (response, body) => {
    const way = Math.random();
    if (way < 0.4) response.destroy();
    else if (way < 0.7) {
      response.writeHead(200, { 'content-length': body.length + 100 });
      response.write(body, () => response.destroy());
    }
  },
};

let mode = MODES.well;

function answer(response, status, body) {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

const server = createServer((request, response) => {
  const [, switched] = /^\/mode\/(\w+)$/.exec(request.url) ?? [];
  if (request.method === 'POST' && Object.hasOwn(MODES, switched)) {
    mode = MODES[switched];
    answer(response, 200, '{}');
    return;
  }
  // Bodies of all sizes, most of them small; those of "big" keys are a mebibyte.
  const size = request.url.includes('big') ? 2 ** 20 : request.url.length * 13;
  mode(response, JSON.stringify({ asked: request.url, filling: 'x'.repeat(size) }));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
