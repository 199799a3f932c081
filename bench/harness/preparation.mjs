// What has to be there before anything is measured: the peers, and a build of these sources.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BENCH = join(ROOT, 'bench');

/** Installs what the package is measured beside, unless it is there as the lock says. */
export function installPeers() {
  const lock = join(BENCH, 'package-lock.json');
  const installed = join(BENCH, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  runNpm(['ci', '--no-audit', '--no-fund'], BENCH);
}

/** Builds `dist/`, unless nothing in `src/` is newer. */
export function buildPackage() {
  if (isStale()) runNpm(['run', 'build'], ROOT);
}

/** Says loudly that what is measured is not what stands in `src/`. */
export function tellIfStale() {
  if (isStale())
    console.error('!! dist/ IS OLDER THAN src/: WHAT IS MEASURED ARE NOT THESE SOURCES');
}

function isStale() {
  const built = join(ROOT, 'dist', 'index.js');
  return !existsSync(built) || newestIn(join(ROOT, 'dist')) < newestIn(join(ROOT, 'src'));
}

/** When the last of the files in `folder` was written. @param {string} folder */
function newestIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const times = files
    .filter((file) => file.isFile())
    .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs);
  return Math.max(0, ...times);
}

/** @param {readonly string[]} args @param {string} cwd */
function runNpm(args, cwd) {
  console.log(`npm ${args.join(' ')} in ${cwd === ROOT ? '.' : 'bench'}`);
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}
