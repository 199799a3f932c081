// Varnish with its storage in memory, on the core of the servers.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER_CORE } from '../../harness/cores.mjs';
import { findServer } from '../../../scripts/debian-server.mjs';
import { freePort } from '../../../scripts/processes.mjs';
import { filled, withLibraries } from './installed-program.mjs';

/** @throws Error when there is none and none can be had */
export function varnish() {
  const { command, libraries } = findServer({
    names: ['varnishd'],
    packages: ['varnish'],
    missing: 'varnishd is not on the PATH: install it, for example by "apt-get install varnish"',
  });
  const env = withLibraries(libraries);
  const { stderr } = spawnSync(command, ['-V'], { encoding: 'utf8', env });
  return {
    version: /varnish-(\S+)/.exec(stderr)?.[1],
    /** @param {{ backend: { port: number }, folder: string }} around an empty folder, and who is behind it */
    start: async ({ backend, folder }) => {
      const port = await freePort();
      const script = join(folder, 'bench.vcl');
      const template = readFileSync(new URL('varnish.vcl', import.meta.url), 'utf8');
      writeFileSync(script, filled(template, { BACKEND_PORT: backend.port }));
      const parameters = {
        // Room for a burst of connections, and for idle ones to stay between the rounds.
        ...{ listen_depth: 4_096, timeout_idle: 300 },
        // One core: one pool, with its threads there from the start.
        ...{ thread_pools: 1, thread_pool_min: 200 },
      };
      const args = [
        ...['-F', '-j', 'none', '-T', 'none', '-n', join(folder, 'varnish')],
        ...['-a', `127.0.0.1:${port}`, '-f', script, '-s', 'malloc,256m'],
        ...Object.entries(parameters).flatMap(([name, value]) => ['-p', `${name}=${value}`]),
      ];
      return { core: SERVER_CORE, command, args, env, port };
    },
  };
}
