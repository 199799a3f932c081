// The Redis or Valkey server of the tests; with STORE_SERVER=valkey that one and no other. Run by itself it
// prints, as JSON, the command and the folder of the libraries that the command needs.
import { findServer, printServer } from './debian-server.mjs';
import { valkeyServer } from './valkey-server.mjs';

/** @returns {{ command: string, libraries?: string }} */
export function redisServer() {
  if (process.env.STORE_SERVER === 'valkey') return valkeyServer();
  return findServer({
    names: ['redis-server', 'valkey-server'],
    packages: ['redis-server', 'redis-tools'],
    missing:
      'The tests need redis-server 7.0 or newer (or valkey-server) on the PATH: install it by the package ' +
      'manager of the system, for example "apt-get install redis-server" or "brew install redis".',
  });
}

printServer(import.meta.url, redisServer);
