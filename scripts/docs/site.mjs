// The site of the documentation, in docs/site/dist: the pages of docs/, the README and the reference of
// every door of the package, with a search. Fails on a link that leads nowhere.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from '../checks.mjs';
import { run } from '../processes.mjs';
import { ROOT, SITE, installSite } from './install.mjs';

const PAGES = join(SITE, 'pages');

/** What is copied as it is: the pages, and what they link to. */
const SOURCES = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'deploy'],
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name === 'site' ? [] : `docs/${name}`)),
];

/** The sources behind the doors of the package. */
function doors() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap(({ types }) =>
    types ? [types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts')] : [],
  );
}

/** Calls the modules in the list of the reference what an application imports. */
function nameDoors(index) {
  const text = readFileSync(index, 'utf8').replace(/^- \[([\w-]+)\]/gm, (_, name) => {
    return `- [breakwater${name === 'index' ? '' : `/${name}`}]`;
  });
  writeFileSync(index, text);
}

const bin = (name) => join(SITE, 'node_modules', ...name);

await runChecks('Documentation site', async (checks) => {
  installSite();
  rmSync(PAGES, { recursive: true, force: true });
  mkdirSync(PAGES, { recursive: true });
  await checks.check('the reference of the API is made', () => {
    run(
      process.execPath,
      [
        bin(['typedoc', 'bin', 'typedoc']),
        ...[
          '--options',
          join(SITE, 'typedoc.json'),
          '--tsconfig',
          join(ROOT, 'tsconfig.build.json'),
        ],
        ...['--basePath', join(ROOT, 'src'), '--out', join(PAGES, 'api')],
        ...doors().map((door) => join(ROOT, door)),
      ],
      { cwd: SITE },
    );
    nameDoors(join(PAGES, 'api', 'index.md'));
  });
  await checks.check('the site is built, and every link leads somewhere', () => {
    for (const source of SOURCES) {
      cpSync(join(ROOT, source), join(PAGES, source), { recursive: true });
    }
    cpSync(join(SITE, 'index.md'), join(PAGES, 'index.md'));
    const log = run(process.execPath, [bin(['vitepress', 'bin', 'vitepress.js']), 'build', '.'], {
      cwd: SITE,
    });
    checks.note(log.trim().split('\n').at(-1));
  });
  checks.note(`docs/site/dist/index.html; npm run docs -- --serve shows it`);
  if (process.argv.includes('--serve')) {
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, [bin(['vitepress', 'bin', 'vitepress.js']), 'preview', '.'], {
      cwd: SITE,
      stdio: 'inherit',
    });
  }
});
