// Which core does what. A server and its load on one core measure the scheduler.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Where the load is made. */
export const LOAD_CORE = 0;

/** Where what is measured runs: the last core, as the kernel likes the first one for its own work. */
export const SERVER_CORE = availableParallelism() - 1;

/** Whether processes can be held on a core here. */
export const CAN_PIN =
  process.platform === 'linux' &&
  spawnSync('taskset', ['-c', String(SERVER_CORE), 'true'], { stdio: 'ignore' }).status === 0;

let told = false;

/**
 * The command and arguments that run `command` on one core; as they are, loudly, where that cannot be.
 *
 * @param {number} core
 * @param {string} command
 * @param {readonly string[]} [args]
 * @returns {[string, string[]]} for `spawn(...pinned(…), options)`
 */
export function pinned(core, command, args = []) {
  if (CAN_PIN) return ['taskset', ['-c', String(core), command, ...args]];
  if (!told) console.error('!! no taskset here: NOTHING IS PINNED TO A CORE, figures will scatter');
  told = true;
  return [command, [...args]];
}
