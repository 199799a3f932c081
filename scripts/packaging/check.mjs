// What is in the package, and whether Node, bundlers and TypeScript can resolve it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { expect, runChecks } from '../checks.mjs';
import { run } from '../processes.mjs';
import { pack, ROOT } from './pack.mjs';

const NEEDED = [
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js'],
  ...['dist/command/breakwater.js', 'dist/command/LICENSES.txt', 'dist/admin/page/index.html'],
  ...['dist/command/page/index.html', 'dist/command/swagger-ui/swagger-ui-bundle.js'],
  'docs/rules.schema.json',
];
/** What is no module: the service and its command, programs in a few files. */
const BUNDLED = /^dist\/command\//;
const ALLOWED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/([\w-]+\.md|rules\.schema\.json|images\/[\w-]+\.png)|deploy\/.+|dist\/.+\.(js|js\.map|d\.ts)|dist\/command\/LICENSES\.txt|dist\/(admin|command)\/page\/index\.html|dist\/command\/swagger-ui\/[\w.-]+)$/;
const UNWANTED =
  /\.spec\.|\/testing\/|tsbuildinfo|^dist\/(service|collapsed-forwarding)\/|^dist\/main|^docs\/measured/;
/** What npm runs in an application that installs the package, or warns of. */
const AT_INSTALL = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];
/** The oldest Node that is supported. */
const OLDEST = { major: 20, minor: 19 };

/** Whether the oldest Node is in a range such as `^20.9.0 || >=22`. */
function admitsOldest(range) {
  return range.split('||').some((part) => {
    const [, sign = '', major, minor = '0'] = /^\s*([\^~>=]*)\s*(\d+)(?:\.(\d+))?/.exec(part) ?? [];
    // Without a number it is `*`.
    if (major === undefined) return true;
    const isSame = Number(major) === OLDEST.major;
    const isThere = isSame ? Number(minor) <= OLDEST.minor : Number(major) < OLDEST.major;
    return isThere && (isSame || sign.startsWith('>'));
  });
}

const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;

await runChecks('Package', async (checks, defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-package-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));

  const { tarball, files, bytes } = await checks.check('it packs', () => pack(folder));
  const has = new Set(files);
  checks.note(`${files.length} files, ${Math.ceil(bytes / 1_024)} KiB packed`);

  await checks.check('it holds what it needs', () => {
    const missing = NEEDED.filter((file) => !has.has(file));
    expect(missing.length === 0, `missing: ${missing.join(', ')}`);
  });
  await checks.check('it holds nothing else: no specs, no tests, no build state', () => {
    const strangers = files.filter((file) => !ALLOWED.test(file) || UNWANTED.test(file));
    expect(strangers.length === 0, `not wanted: ${strangers.join(', ')}`);
  });
  await checks.check('every module has its types and its source map, and none is an orphan', () => {
    const modules = files.filter((file) => file.endsWith('.js') && !BUNDLED.test(file));
    const expected = new Set(
      modules.flatMap((file) => [`${file}.map`, file.replace(/\.js$/, '.d.ts')]),
    );
    const found = files.filter((file) => file.startsWith('dist/') && /\.(map|d\.ts)$/.test(file));
    const missing = [...expected].filter((file) => !has.has(file));
    const orphans = found.filter((file) => !expected.has(file));
    expect(missing.length === 0, `missing: ${missing.join(', ')}`);
    expect(orphans.length === 0, `orphans: ${orphans.join(', ')}`);
  });

  await checks.check('every page that it holds links to pages that it holds', () => {
    const broken = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...readFileSync(join(ROOT, file), 'utf8').matchAll(LINK)]
          .map(([, target]) => posix.normalize(posix.join(posix.dirname(file), target)))
          .filter((target) => !has.has(target))
          .map((target) => `${file} to ${target}`),
      );
    expect(broken.length === 0, `broken: ${broken.join(', ')}`);
  });
  await checks.check('an install of it runs nothing and needs nothing of the service', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const run = AT_INSTALL.filter((name) => name in manifest.scripts);
    expect(run.length === 0, `scripts: ${run.join(', ')}`);
    expect(!('repository' in manifest), 'there is no repository yet');
    const service = JSON.parse(readFileSync(join(ROOT, 'service', 'package.json'), 'utf8'));
    const brought = Object.keys(service.dependencies).filter(
      (name) =>
        name in manifest.dependencies ||
        (name in manifest.peerDependencies && !manifest.peerDependenciesMeta[name]?.optional),
    );
    expect(brought.length === 0, `brought along: ${brought.join(', ')}`);
  });

  await checks.check('a checkout installs without a warning of engines on the oldest Node', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const strangers = Object.entries(packages)
      .filter(([, { engines }]) => engines?.node && !admitsOldest(engines.node))
      .map(([path, { version, engines }]) => `${path} ${version} (${engines.node})`);
    expect(strangers.length === 0, `not for it: ${strangers.join(', ')}`);
  });

  const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
  await checks.check('publint has nothing to say', () => {
    run(bin('publint'), ['run', tarball, '--strict'], { cwd: ROOT });
  });
  await checks.check('its types resolve for Node and for bundlers', () => {
    run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color'], { cwd: ROOT });
  });
});
