// The Nodes that are measured on: the running one, and others that npx brings.
import { spawnSync } from 'node:child_process';

/** Both lines that are supported for long, as they differ by factors. */
const PINNED = ['20.20.2', '24.21.0'];

/** @typedef {{ version: string, path: string }} NodeBinary */

const RUNNING = { version: process.versions.node, path: process.execPath };

/**
 * The Nodes to measure on: those asked for, or else one of each pinned line, the running one if it is
 * of that line. What cannot be had is told loudly and left out.
 *
 * @param {readonly string[] | undefined} wanted versions
 * @param {boolean} quick the running one alone
 * @returns {NodeBinary[]}
 */
export function nodeBinaries(wanted, quick) {
  if (wanted) return wanted.flatMap((version) => binaryOf(version) ?? []);
  if (quick) return [RUNNING];
  const line = lineOf(RUNNING.version);
  const others = PINNED.filter((version) => lineOf(version) !== line);
  const binaries = [RUNNING, ...others.flatMap((version) => binaryOf(version) ?? [])];
  return binaries.sort((a, b) => Number(lineOf(a.version)) - Number(lineOf(b.version)));
}

/** @param {string} version @returns {NodeBinary | undefined} */
function binaryOf(version) {
  if (version === RUNNING.version) return RUNNING;
  const found = npx(version);
  // What npx has brought may be made for another machine: only a Node that runs counts.
  const check = found && spawnSync(found, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  if (check && check.stdout.trim() === version) return { version, path: found };
  console.error(`!! NODE ${version} CANNOT BE HAD: NOTHING IS MEASURED ON IT`);
  return undefined;
}

/** Where npx has put Node `version`. @param {string} version */
function npx(version) {
  const args = ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'];
  const { status, stdout } = spawnSync('npx', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 5 * 60_000,
  });
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined;
}

/** @param {string} version */
function lineOf(version) {
  return version.split('.', 1)[0];
}
