// The load balancers that the examples in deploy/ are tested with. Run by itself, with the name of one, it
// prints, as JSON, the command and the folder of the libraries that the command needs.
import { findServer, printServer } from './debian-server.mjs';

/**
 * @param {string} name `nginx` or `haproxy`
 * @returns {{ command: string, libraries?: string }}
 */
export function loadBalancer(name) {
  return findServer({
    names: [name],
    packages: [name],
    missing:
      `The tests need ${name} on the PATH: install it by the package manager of the system, for ` +
      `example "apt-get install ${name}" or "brew install ${name}".`,
  });
}

printServer(import.meta.url, () => loadBalancer(process.argv[2]));
