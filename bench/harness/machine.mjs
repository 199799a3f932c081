// Where and when it was measured, and what.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {object} Machine
 * @property {string} date
 * @property {string} commit
 * @property {string} cpu
 * @property {number} cores
 * @property {number} memoryGiB
 * @property {string} kernel
 */

/** @returns {Machine} */
export function machine() {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
  };
}

function commit() {
  try {
    const changes = git('status', '--porcelain', '--', 'src', 'bench', 'package.json');
    return `${git('rev-parse', '--short', 'HEAD')}${changes ? ' with local changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** @param {...string} args */
function git(...args) {
  const stdio = /** @type {const} */ (['ignore', 'pipe', 'ignore']);
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio }).trim();
}
