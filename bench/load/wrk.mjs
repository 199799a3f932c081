// The load of the throughput questions: wrk, one thread on the core of the load.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE, pinned } from '../harness/cores.mjs';
import { findServer } from '../../scripts/debian-server.mjs';
import { withLibraries } from '../servers/start/installed-program.mjs';

const UNIQUE_KEYS = fileURLToPath(new URL('unique-keys.lua', import.meta.url));

/**
 * Finds wrk.
 *
 * @throws Error that says how to get it, where there is none
 */
export function findWrk() {
  return findServer({
    names: ['wrk'],
    packages: ['wrk'],
    missing:
      'The questions about throughput need wrk on the PATH: install it by the package manager of the ' +
      'system, for example "apt-get install wrk" or "brew install wrk".',
  });
}

/**
 * @typedef {object} Load
 * @property {string} url with `uniqueKeys`, each request adds a number that no other has
 * @property {number} connections
 * @property {number} seconds
 * @property {boolean} [uniqueKeys]
 */

/**
 * Asks as fast as the connections get answers.
 *
 * @param {ReturnType<typeof findWrk>} wrk
 * @param {Load} load
 * @returns {Promise<{ requests: number, perSecond: number }>}
 * @throws Error when a single answer was missing or no 2xx or 3xx
 */
export async function runWrk({ command, libraries }, load) {
  const { url, connections, seconds, uniqueKeys = false } = load;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'];
  if (uniqueKeys) args.push('-s', UNIQUE_KEYS);
  args.push(url);
  if (uniqueKeys) args.push(`${process.pid.toString(36)}-${performance.now().toString(36)}`);
  const child = spawn(...pinned(LOAD_CORE, command, args), {
    env: withLibraries(libraries),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const requests = Number(/(\d+) requests in /.exec(output)?.[1]);
  const perSecond = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(output)?.[1]);
  const isWrong = /Socket errors|Non-2xx/.test(output);
  if (code !== 0 || isWrong || !(requests > 0)) throw new Error(`wrk at ${url}:\n${output}`);
  return { requests, perSecond };
}
