// How the Node servers are started: the same Node for all, the memory probe in each.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVER_CORE } from '../../harness/cores.mjs';
import { freePort } from '../../../scripts/processes.mjs';
import { portIn } from '../ready.mjs';

const SERVICE = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const PRELOAD = new URL('../measure-heap.mjs', import.meta.url).href;
const NODE_OPTIONS = ['--expose-gc', '--import', PRELOAD];

/**
 * The path of a server of this folder.
 *
 * @param {string} file
 */
export function serverFile(file) {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

/** The path of the service itself. */
export function serviceFile() {
  if (!existsSync(SERVICE)) throw new Error(`${SERVICE} is not there: run "npm run build" first`);
  return SERVICE;
}

/**
 * A server of this folder, by the name of its file.
 *
 * @param {string} file
 * @param {...string} args on its command line
 * @returns {import('./server-group.mjs').Starting}
 */
export function nodeServer(file, ...args) {
  return ({ backend }) => ({
    core: SERVER_CORE,
    command: process.execPath,
    args: [...NODE_OPTIONS, serverFile(file), ...args],
    env: { BACKEND_URL: backend.origin },
    portIn,
    channel: true,
  });
}

/**
 * The service, its settings as they come but for `env`. Its log is on and goes to /dev/null: lines are made and
 * written, and no reader takes part in the measurement.
 *
 * @param {Readonly<Record<string, string>> | ((around: { backend: { origin: string }, folder: string }) =>
 *   Readonly<Record<string, string>>)} [env]
 * @param {readonly string[]} [program] that runs it, of this folder, with arguments; left out: its own
 * @returns {import('./server-group.mjs').Starting}
 */
export function breakwater(env = {}, program = []) {
  const [file, ...args] = program;
  const path = file === undefined ? serviceFile() : serverFile(file);
  return async ({ backend, folder }) => {
    const port = await freePort();
    const own = typeof env === 'function' ? env({ backend, folder }) : env;
    return {
      core: SERVER_CORE,
      command: process.execPath,
      args: [...NODE_OPTIONS, path, ...args],
      env: { BACKEND_URL: backend.origin, PORT: String(port), ...own },
      port,
      silent: true,
      channel: true,
    };
  };
}

/**
 * The service as a gateway in front of the backend.
 *
 * @param {Readonly<Record<string, string>>} [env]
 * @param {string} [rules] members of the one rule of a file, as JSON; left out: there is none
 */
export function gateway(env = {}, rules = undefined) {
  return breakwater(({ backend, folder }) => {
    const file = join(folder, 'rules.json');
    const only = `{"version":1,"backends":{"b":{"url":"${backend.origin}"}},"rules":[{"backend":"b",${rules}}]}`;
    if (rules !== undefined) writeFileSync(file, only);
    const to = rules === undefined ? { PROXY_TO: backend.origin } : { PROXY_RULES: file };
    return { ...to, SPILL_DIR: join(folder, 'spill'), ...env };
  });
}
