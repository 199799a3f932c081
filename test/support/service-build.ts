import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = process.cwd();
const OUT = join(ROOT, 'node_modules/.cache/breakwater/service');
const STAMP = join(OUT, 'package.json');

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

function build(): string {
  const main = join(OUT, 'main.js');
  if (existsSync(main) && existsSync(STAMP) && newestSource() < statSync(STAMP).mtimeMs)
    return main;
  const startedAt = new Date();
  mkdirSync(OUT, { recursive: true });
  writeFileSync(STAMP, '{ "type": "module" }\n');
  const tsc = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['-p', 'tsconfig.build.json', '--outDir', OUT],
      ...['--declaration', 'false', '--sourceMap', 'false', '--inlineSources', 'false'],
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (!existsSync(main)) throw new Error(`the service did not compile:\n${tsc.stdout}`);
  // A source saved while tsc ran is newer than this build.
  utimesSync(STAMP, startedAt, startedAt);
  return main;
}

function newestSource(): number {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const files = [...sources.map((file) => join(ROOT, 'src', file)), join(ROOT, 'package.json')];
  return Math.max(...files.filter(existsSync).map((file) => statSync(file).mtimeMs));
}
