// The health check of the container image, which has neither a shell to rely on nor curl: exit code 0
// when the service on this machine says that it can serve.
import { get } from 'node:http';

const TIMEOUT_MS = 2_000;

/** Ends the check. One that is not healthy says why, for whoever inspects the container. */
function end(reason) {
  if (reason !== undefined) console.error(`unhealthy: ${reason}`);
  process.exit(reason === undefined ? 0 : 1);
}

setTimeout(() => end(`no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);

get(
  { host: 'localhost', port: process.env.PORT || 3_000, path: '/health', agent: false },
  ({ statusCode }) => end(statusCode === 200 ? undefined : `/health answers ${statusCode}`),
).once('error', (error) => end(error.code ?? error.message));
