// The backend behind every server. What it does is said in the key that it is asked for, so that one process
// serves all questions: `/backend/200ms-1000b-7` is 1000 bytes of JSON, 200 ms after the request. Anything
// else is the small body at once. It counts its calls, and tells them over the channel.
import { createServer } from 'node:http';
import { SMALL_BODY, bodyOf } from '../servers/body.mjs';
import { serve } from '../servers/ready.mjs';

const SCRIPT = /\/(\d+)ms-(\d+)b-/;

/** @type {Map<string, Buffer>} */
const bodies = new Map();
let calls = 0;

/** @param {string} bytes */
function body(bytes) {
  let known = bodies.get(bytes);
  if (!known) bodies.set(bytes, (known = bodyOf(Number(bytes))));
  return known;
}

const server = createServer((request, response) => {
  calls += 1;
  const [, delay = '0', bytes] = SCRIPT.exec(request.url ?? '') ?? [];
  const answer = bytes === undefined ? SMALL_BODY : body(bytes);
  const send = () => {
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': answer.length,
      // For the caches that go by what the backend says.
      'Cache-Control': 'public, max-age=86400',
    });
    response.end(answer);
  };
  if (delay === '0') send();
  else setTimeout(send, Number(delay));
});
server.keepAliveTimeout = 0;
serve(server);

process.on('message', ({ type }) => {
  process.send({ type, calls });
  calls = 0;
});
process.on('disconnect', () => process.exit());
