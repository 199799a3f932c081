// The Valkey server that the tests of the cluster run against as well. Run by itself it prints what
// redis-server.mjs prints.
import { findBackport, printServer } from './debian-server.mjs';

/** @returns {{ command: string, libraries?: string }} */
export function valkeyServer() {
  return findBackport({
    names: ['valkey-server'],
    packages: ['valkey-server', 'valkey-tools'],
    missing:
      'There is no valkey-server: neither on the PATH, nor among the packages and backports of apt.',
  });
}

printServer(import.meta.url, valkeyServer);
