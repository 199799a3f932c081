// Installs each example with the packed package in place of this working copy, far from it, compiles it
// and runs its tests: what its README tells a newcomer, with what would be published.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, runChecks } from '../checks.mjs';
import { cleanEnvironment, run } from '../processes.mjs';
import { pack, ROOT } from './pack.mjs';

const EXAMPLES = join(ROOT, 'examples');
/** What an install or a build of the example has left in the working copy. */
const MADE = /[\\/](node_modules|dist)$/;

/** The example's own manifest: versions that this working copy is locked to, and the tarball. */
function manifestOf(folder, tarball) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const locked = (wanted = {}) =>
    Object.fromEntries(
      Object.entries(wanted).map(([name, range]) => [
        name,
        packages[`node_modules/${name}`]?.version ?? range,
      ]),
    );
  return {
    ...manifest,
    dependencies: { ...locked(manifest.dependencies), breakwater: `file:${tarball}` },
    devDependencies: locked(manifest.devDependencies),
  };
}

/** The number of tests that node:test says have passed. */
function passedIn(report) {
  return Number(/^# pass (\d+)$/m.exec(report)?.[1] ?? 0);
}

await runChecks('Examples', async (checks, defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-examples-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const { tarball } = await checks.check('the package packs', () => pack(folder));

  const examples = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name } of examples) {
    const source = join(EXAMPLES, name);
    const app = join(folder, name);
    const node = (...args) => run(process.execPath, args, { cwd: app });

    await checks.check(`${name} installs`, () => {
      cpSync(source, app, { recursive: true, filter: (path) => !MADE.test(path) });
      const manifest = manifestOf(source, tarball);
      writeFileSync(join(app, 'package.json'), JSON.stringify(manifest, undefined, 2));
      run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: app,
        env: cleanEnvironment(),
      });
    });
    await checks.check(`${name} compiles`, () =>
      node(join('node_modules', 'typescript', 'bin', 'tsc')),
    );
    await checks.check(`${name} keeps its promises`, () => {
      const tests = readdirSync(join(app, 'dist', 'test'))
        .filter((file) => file.endsWith('.test.js'))
        .map((file) => join('dist', 'test', file));
      const passed = passedIn(node('--test', '--test-reporter=tap', ...tests));
      expect(passed > 0, 'no test was run');
      checks.note(`${passed} tests`);
    });
  }
});
