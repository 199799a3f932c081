// How a server under measurement tells that it is ready: one line with the port, as `portIn` reads it.

/** Clients that may wait to be taken in; of a burst beyond Node's 511, TCP tries the rest again in a second. */
export const BACKLOG = 4_096;

export const HOST = '127.0.0.1';

/** @param {number} port */
export function announce(port) {
  process.stdout.write(`ready ${port}\n`);
}

/**
 * Listens on an ephemeral port and tells it.
 *
 * @param {import('node:http').Server} server
 */
export function serve(server) {
  server.listen({ port: 0, host: HOST, backlog: BACKLOG }, () => {
    announce(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
  });
}

/** @param {string} output */
export function portIn(output) {
  const port = /^ready (\d+)$/m.exec(output)?.[1];
  return port === undefined ? undefined : Number(port);
}
