import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

const BUILDER = 'scripts/test-programs.mjs';
const CACHE = join(process.cwd(), 'node_modules/.cache/breakwater');
/** After which nobody runs what was built of other sources. */
const OUTDATED_MS = 60 * 60_000;

let built: string | undefined;

/**
 * Path of a program that tests start as a process of its own, built from today's sources: once for all test
 * files, in a few seconds. Not `dist/`: that may be stale, and the packaging suite replaces it while others
 * run.
 */
export function programOf(name: 'service' | 'node' | 'cluster' | 'replica'): string {
  // Once: a source that is saved while a suite runs belongs to the next run.
  built ??= build();
  return join(built, `${name}.js`);
}

/** Of each state of the sources one, which appears as a whole: other suites run what is there. */
function build(): string {
  const out = join(CACHE, `programs-${newestSource()}`);
  if (existsSync(out)) return out;
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, 'programs-making-'));
  execFileSync(process.execPath, [BUILDER, making], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    renameSync(making, out);
  } catch (error) {
    // Another suite was faster.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(out)) throw error;
  }
  removeOutdated();
  return out;
}

function removeOutdated(): void {
  for (const name of readdirSync(CACHE).filter((each) => each.startsWith('programs-'))) {
    const path = join(CACHE, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && Date.now() - found.mtimeMs > OUTDATED_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function newestSource(): number {
  const files = ['src', 'scripts', 'test/support']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter(existsSync);
  return Math.max(...[...files, 'package.json'].map((file) => statSync(file).mtimeMs));
}
