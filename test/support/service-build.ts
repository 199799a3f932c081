import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const ROOT = process.cwd();
const CACHE = join(ROOT, 'node_modules/.cache/breakwater');
/** After which nobody runs what was built of other sources. */
const OUTDATED_MS = 60 * 60_000;

/**
 * Path of `main.js`, compiled from today's sources with the settings of the real build. Not `dist/`:
 * that may be stale, and the packaging suite replaces it while others run.
 */
export function builtMain(): string {
  // Once: a source that is saved while a suite runs belongs to the next run.
  built ??= build();
  return built;
}

let built: string | undefined;

/** Of each state of the sources one, which appears as a whole: other suites run what is there. */
function build(): string {
  const out = join(CACHE, `service-${newestSource()}`);
  const main = join(out, 'main.js');
  if (existsSync(main)) return main;
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, 'service-making-'));
  writeFileSync(join(making, 'package.json'), '{ "type": "module" }\n');
  const tsc = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['-p', 'tsconfig.build.json', '--outDir', making],
      ...['--declaration', 'false', '--sourceMap', 'false', '--inlineSources', 'false'],
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (!existsSync(join(making, 'main.js'))) {
    throw new Error(`the service did not compile:\n${tsc.stdout}`);
  }
  try {
    renameSync(making, out);
  } catch (error) {
    // Another suite was faster.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(main)) throw error;
  }
  removeOutdated();
  return main;
}

function removeOutdated(): void {
  for (const name of readdirSync(CACHE).filter((each) => each.startsWith('service'))) {
    const path = join(CACHE, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && Date.now() - found.mtimeMs > OUTDATED_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function newestSource(): number {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const files = [...sources.map((file) => join(ROOT, 'src', file)), join(ROOT, 'package.json')];
  return Math.max(...files.filter(existsSync).map((file) => statSync(file).mtimeMs));
}
