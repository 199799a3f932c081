import { transformFileSync } from '@swc/core';
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
import { dirname, join } from 'node:path';

const ROOT = process.cwd();
const SOURCES = join(ROOT, 'src');
const CACHE = join(ROOT, 'node_modules/.cache/breakwater');
/** After which nobody runs what was built of other sources. */
const OUTDATED_MS = 60 * 60_000;

/**
 * Path of `main.js`, compiled from today's sources, as the tests in this process are: in a second, without
 * asking about types. Not `dist/`: that may be stale, and the packaging suite replaces it while others run. It
 * starts three times as fast, though: `SERVICE_MAIN=dist/main.js` says that it is to be run as it is.
 */
export function builtMain(): string {
  // Once: a source that is saved while a suite runs belongs to the next run.
  built ??= process.env['SERVICE_MAIN'] ?? build();
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
  for (const source of sources()) compile(source, join(making, source.replace(/\.ts$/, '.js')));
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

/** What the real build compiles, too. */
function sources(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.spec\.ts$|(^|\/)testing\/|^admin\/page\//.test(file),
  );
}

function compile(source: string, target: string): void {
  const { code } = transformFileSync(join(SOURCES, source), {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
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
  const all = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const files = [...all.map((file) => join(SOURCES, file)), join(ROOT, 'package.json')];
  return Math.max(...files.filter(existsSync).map((file) => statSync(file).mtimeMs));
}
