// nginx with `proxy_cache`, on a configuration and a cache in a folder of its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER_CORE } from '../../harness/cores.mjs';
import { loadBalancer } from '../../../scripts/load-balancers.mjs';
import { freePort } from '../../../scripts/processes.mjs';
import { filled, withLibraries } from './installed-program.mjs';

/** @throws Error when there is none and none can be had */
export function nginx() {
  const { command, libraries } = loadBalancer('nginx');
  const env = withLibraries(libraries);
  const { stderr } = spawnSync(command, ['-v'], { encoding: 'utf8', env });
  return {
    version: /nginx\/(\S+)/.exec(stderr)?.[1],
    /** @param {{ backend: { port: number }, folder: string }} around an empty folder, and who is behind it */
    start: async ({ backend, folder }) => {
      const port = await freePort();
      const configuration = join(folder, 'nginx.conf');
      const template = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8');
      mkdirSync(join(folder, 'cache'));
      writeFileSync(
        configuration,
        filled(template, {
          FOLDER: folder,
          PORT: port,
          BACKEND: `127.0.0.1:${backend.port}`,
          // A worker that root starts would otherwise be somebody without a right to the folder.
          USER: process.getuid?.() === 0 ? 'user root;' : '',
        }),
      );
      const args = ['-p', folder, '-c', configuration];
      return { core: SERVER_CORE, command, args, env, port };
    },
  };
}
