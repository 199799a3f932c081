// Runs the tests for HTTP caches of https://github.com/http-tests/cache-tests against the gateway: in both
// profiles of trust, on plain Node and as middleware on Express and Fastify. Fails on what no longer passes
// of the committed baseline, which has names of tests alone: their code stays in a checkout of its own.
//
//   CACHE_TESTS_DIR=<checkout> npm run check:cache-tests [-- --write] [-- --only=guarded/node]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { expect, runChecks } from '../checks.mjs';
import { ServerProcess, cleanEnvironment, freePort } from '../processes.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BASELINE = here('baseline.json');
const ROOT = here('../..');

/** What each profile has to reach, whatever the baseline says. */
const FLOORS = {
  guarded: { required: 159, optimal: 96 },
  rfc: { required: 160, optimal: 98 },
};
const MOUNTS = ['node', 'express', 'fastify'];
const KINDS = ['required', 'optimal', 'check'];

/** How the suite marks a test that has passed, in its last line. */
const PASSED = /(?:✅|\bY) - .*\s*$/u;

const SUITE_TIMEOUT_MS = 5 * 60_000;

const { values: flags } = parseArgs({
  options: { write: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const checkout = process.env.CACHE_TESTS_DIR;
if (!checkout) {
  console.log(
    'skipped: CACHE_TESTS_DIR is unset; git clone https://github.com/http-tests/cache-tests, and set it to that folder',
  );
} else {
  await runChecks('HTTP cache tests', (checks, defer) => main(resolve(checkout), checks, defer));
}

async function main(from, checks, defer) {
  expect(existsSync(join(from, 'test-engine/cli.mjs')), `CACHE_TESTS_DIR: no checkout in ${from}`);
  expect(existsSync(join(ROOT, 'dist/gateway/index.js')), 'dist is missing: npm run build first');
  const suite = await copyOf(from, defer);
  const { default: groups } = await import(pathToFileURL(join(suite, 'tests/index.mjs')).href);
  const tests = groups.flatMap((group) => group.tests).filter((test) => !test.browser_only);
  const origin = await startOrigin(suite, defer);
  const known = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : {};
  const found = {};
  for (const trust of Object.keys(FLOORS)) {
    for (const mount of MOUNTS) {
      const name = `${trust}/${mount}`;
      if (flags.only !== undefined && flags.only !== name) continue;
      await checks.check(name, async () => {
        const gateway = await startGateway(origin, trust, mount, defer);
        const ask = (id) => runSuite(suite, gateway.base, id, defer);
        const results = JSON.parse(await ask(''));
        const wanted = (flags.write ? found : known)[trust]?.passed ?? [];
        for (const id of wanted.filter((id) => results[id] !== true)) {
          // On a machine that is busy a second may take two: what fails alone as well has got worse.
          if (!PASSED.test(await ask(id))) continue;
          results[id] = true;
          checks.note(`${name}: ${id} passed when it was run again alone`);
        }
        await gateway.stop();
        const kinds = kindsOf(tests, results);
        checks.note(`${name}: ${KINDS.map((kind) => figureOf(kind, kinds[kind])).join(', ')}`);
        found[trust] = withResults(found[trust], tests, results);
        const worse = wanted.filter((id) => results[id] !== true);
        expect(worse.length === 0, `no longer passed: ${worse.join(', ')}`);
        for (const [kind, least] of Object.entries(FLOORS[trust])) {
          const { passed, failed } = kinds[kind];
          const which = `not ${failed.join(', ')}`;
          expect(passed >= least, `${kind}: ${passed} passed, at least ${least} have to; ${which}`);
        }
      });
    }
  }
  if (!flags.write) return;
  writeFileSync(BASELINE, `${JSON.stringify({ ...known, ...found }, null, 2)}\n`);
  checks.note(`${BASELINE} is written`);
}

/** How many of each kind there are and have passed, and which have not. */
function kindsOf(tests, results) {
  return Object.fromEntries(
    KINDS.map((kind) => {
      const ids = tests.filter((test) => (test.kind ?? 'required') === kind).map(({ id }) => id);
      const failed = ids.filter((id) => results[id] !== true);
      return [kind, { of: ids.length, passed: ids.length - failed.length, failed }];
    }),
  );
}

function figureOf(kind, { passed, of }) {
  return `${passed} of ${of} ${kind}`;
}

/** What a profile is held to is what it passes wherever it is mounted. */
function withResults(before, tests, results) {
  const ids = tests.map(({ id }) => id).toSorted();
  const passes = (id) => results[id] === true && !before?.failed.includes(id);
  return { passed: ids.filter(passes), failed: ids.filter((id) => !passes(id)) };
}

/**
 * Runs all tests, or the one named, and returns what they print: results by their names as JSON, or the
 * course of the one and a line of how it ended.
 */
async function runSuite(suite, base, id, defer) {
  const child = new ServerProcess(process.execPath, ['--no-warnings', 'test-engine/cli.mjs'], {
    cwd: suite,
    env: settings({ base, id }),
  });
  defer(() => child.kill());
  let printed = '';
  child.child.stdout.on('data', (text) => (printed += text));
  const timer = setTimeout(() => void child.kill(), SUITE_TIMEOUT_MS);
  const { code } = await child.ended;
  clearTimeout(timer);
  expect(code === 0, `the suite has not ended by itself:\n${child.output}`);
  return printed;
}

/** A copy, in which `undici` resolves to ours: nothing is written into the checkout. */
async function copyOf(from, defer) {
  const folder = await mkdtemp(join(tmpdir(), 'cache-tests-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['package.json', 'test-engine', 'tests']) {
    await cp(join(from, name), join(folder, name), { recursive: true });
  }
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(ROOT, 'node_modules/undici'), join(folder, 'node_modules/undici'));
  return folder;
}

/** Settings of the suite, which it takes from npm's. */
function settings(values) {
  const entries = Object.entries(values);
  return {
    ...cleanEnvironment(),
    ...Object.fromEntries(entries.map(([name, value]) => [`npm_config_${name}`, value])),
    ...Object.fromEntries(entries.map(([name, value]) => [`npm_package_config_${name}`, value])),
  };
}

async function startOrigin(suite, defer) {
  const port = await freePort();
  const server = new ServerProcess(
    process.execPath,
    ['--import', pathToFileURL(here('loopback.mjs')).href, 'test-engine/server/server.mjs'],
    {
      cwd: suite,
      env: settings({ protocol: 'http', port: String(port), pidfile: join(suite, 'pid') }),
    },
  );
  defer(() => server.kill());
  await server.until(() => server.output.includes('Listening'), 10_000);
  return `http://127.0.0.1:${port}`;
}

async function startGateway(origin, trust, mount, defer) {
  const port = await freePort();
  const gateway = new ServerProcess(
    process.execPath,
    [here('gateway.mjs'), origin, String(port), trust, mount],
    { cwd: ROOT, env: cleanEnvironment() },
  );
  defer(() => gateway.kill());
  await gateway.until(() => gateway.output.includes('listening'), 30_000);
  return { base: `http://127.0.0.1:${port}`, stop: () => gateway.kill() };
}
