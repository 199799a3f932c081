// What makes and tests the documentation is a package of its own, docs/site, which is installed when needed.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../processes.mjs';

export const ROOT = join(import.meta.dirname, '..', '..');
export const SITE = join(ROOT, 'docs', 'site');

/** Installs docs/site, unless what its lock says is there. */
export function installSite() {
  const installed = join(SITE, 'node_modules', '.package-lock.json');
  const isThere =
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(SITE, 'package-lock.json')).mtimeMs;
  if (!isThere) run('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: SITE });
}
