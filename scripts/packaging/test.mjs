// Installs the packed package into an application of its own, far from this working copy, and checks that
// it can be imported, required, compiled against and run, on Express and on Fastify.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, runChecks } from '../checks.mjs';
import { cleanEnvironment, freePort, run, ServerProcess } from '../processes.mjs';
import { pack, ROOT } from './pack.mjs';

const APP = join(ROOT, 'scripts', 'packaging', 'app');
/** What an application has of its own that never heard of Express. */
const FASTIFY_APP = join(ROOT, 'scripts', 'packaging', 'fastify-app');
const OF_EXPRESS = ['@nestjs/platform-express', '@types/express', 'express'];
/** What calls of the backend need, and so routes and the package as a whole. */
const OF_CALLS = ['@nestjs/axios', 'axios'];
/** The doors that do without these, each with something that stands behind it. */
const DOORS = {
  coalescing: 'CoalescingModule',
  'circuit-breaker': 'CircuitBreakerModule',
  caching: 'CachingModule',
  cluster: 'ClusterModule',
  metrics: 'MetricsModule',
  testing: 'ManualClock',
};
const EXPORTS = [
  ...['CircuitBreaker', 'CircuitBreakerModule', 'CircuitBreakerService', 'CircuitOpenError'],
  ...['CachingModule', 'ClusterModule', 'DiskTier', 'IoredisStore', 'RedisStore', 'RoutesModule'],
  ...['Coalesce', 'CoalescingModule', 'CoalescingService', 'InjectCircuitBreaker'],
  'UseCircuitBreaker',
];
/**
 * Of both majors the oldest that the package allows and the newest; the newest of all is the locked one.
 * NestJS 12.0.0 asks for 11 itself and cannot be installed.
 */
const NEST = [
  { nest: '11.2.0', fastify: '11.2.1', axios: '4.0.0' },
  { nest: '11.2.10', fastify: '11.2.8', axios: '4.0.1' },
  { nest: '12.0.1', fastify: '12.0.1', axios: '12.0.0' },
];
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
const NPX = ['--yes', '--prefer-offline'];
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 5_000;

/** What an application brings itself, in the versions that this working copy is locked to. */
function manifest(tarball) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const { peerDependencies } = packages[''];
  const own = ['@nestjs/platform-fastify', '@types/express', '@types/node', 'typescript'];
  const locked = [...Object.keys(peerDependencies), ...own].map((name) => [
    name,
    packages[`node_modules/${name}`].version,
  ]);
  return {
    name: 'packaging-test',
    private: true,
    type: 'module',
    dependencies: { breakwater: `file:${tarball}`, ...Object.fromEntries(locked) },
  };
}

/** The same for another release of NestJS. */
function manifestOf({ nest, fastify, axios }, own) {
  const dependencies = { ...own.dependencies, '@nestjs/axios': axios };
  for (const name of ['common', 'core', 'platform-express']) dependencies[`@nestjs/${name}`] = nest;
  dependencies['@nestjs/platform-fastify'] = fastify;
  return { ...own, dependencies };
}

/** The same without some packages, such as Express and its types. */
function without(own, names) {
  const dependencies = Object.fromEntries(
    Object.entries(own.dependencies).filter(([name]) => !names.includes(name)),
  );
  return { ...own, dependencies };
}

async function get(port, path) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close' },
  });
  const { status, headers } = response;
  return { status, circuit: headers.get('x-circuit-state'), body: await response.text() };
}

/** Two requests at once are one call; a failing route says so, and opens after three failures. */
async function use(port) {
  for (const path of ['/rates/EURUSD', '/decorated/EURUSD']) {
    const [one, other] = await Promise.all([get(port, path), get(port, path)]);
    expect(one.status === 200, `GET ${path}: ${one.status} ${one.body}`);
    expect(one.body === other.body, `GET ${path}, not coalesced: ${one.body} and ${other.body}`);
  }
  const seen = [];
  for (let i = 0; i < 4; i += 1) {
    const { status, circuit } = await get(port, '/failing');
    seen.push(`${status} ${circuit}`);
  }
  const expected = ['500 closed', '500 closed', '500 closed', '503 open'].join(', ');
  expect(seen.join(', ') === expected, `GET /failing: ${seen.join(', ')}`);
}

await runChecks('Packaging', async (checks, defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-packaging-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const app = join(folder, 'app');
  const node = (...args) => run(process.execPath, args, { cwd: app });
  let own;
  const tsc = (...args) => node(join('node_modules', 'typescript', 'bin', 'tsc'), ...args);

  await checks.check('the tarball installs into an application', () => {
    own = manifest(pack(folder).tarball);
    cpSync(APP, app, { recursive: true });
    writeFileSync(join(app, 'package.json'), JSON.stringify(own));
    run('npm', INSTALL, { cwd: app });
  });

  const list = 'console.log(JSON.stringify(Object.keys(breakwater)))';
  const imported = await checks.check('an ES module imports it', () =>
    JSON.parse(
      node('--input-type=module', '-e', `import * as breakwater from 'breakwater';${list}`),
    ),
  );
  const required = await checks.check('a CommonJS module requires it', () =>
    JSON.parse(
      node('--input-type=commonjs', '-e', `const breakwater = require('breakwater');${list}`),
    ),
  );
  await checks.check('both see the same exports, and among them what is documented', () => {
    const missing = EXPORTS.filter((name) => !imported.includes(name));
    expect(missing.length === 0, `missing: ${missing.join(', ')}`);
    const different = imported.filter((name) => !required.includes(name));
    expect(different.length === 0, `require does not see ${different.join(', ')}`);
  });
  await checks.check('the adapter for Express has a door of its own', () => {
    const code = "console.log(Object.keys(await import('breakwater/express')).join())";
    const names = node('--input-type=module', '-e', code).trim();
    expect(names === 'StableExpressAdapter', `it leads to ${names}`);
    node(
      '--input-type=commonjs',
      '-e',
      "new (require('breakwater/express').StableExpressAdapter)()",
    );
  });
  await checks.check('each door opens alone, without what only others need', () => {
    const bare = join(folder, 'app-doors');
    cpSync(join(APP, 'doors'), join(bare, 'src'), { recursive: true });
    cpSync(join(APP, 'tsconfig.json'), join(bare, 'tsconfig.json'));
    writeFileSync(join(bare, 'package.json'), JSON.stringify(without(own, OF_CALLS)));
    run('npm', INSTALL, { cwd: bare });
    for (const name of OF_CALLS) {
      expect(!existsSync(join(bare, 'node_modules', name)), `${name} came along`);
    }
    run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], {
      cwd: bare,
    });
    run(process.execPath, [join('dist', 'doors.js')], { cwd: bare });
    const code = Object.entries(DOORS)
      .map(([door, name]) => `if (!require('breakwater/${door}').${name}) process.exit(1);`)
      .join('');
    run(process.execPath, ['--input-type=commonjs', '-e', code], { cwd: bare });
  });
  await checks.check('importing it starts nothing and keeps no process alive', () => {
    const code = `await import('breakwater');
      const importedAt = performance.now();
      process.once('beforeExit', () => console.log(performance.now() - importedAt));`;
    const idleMs = Number(node('--input-type=module', '-e', code));
    expect(idleMs < 1_000, `the process lived on for ${idleMs} ms`);
  });
  await checks.check('nothing but what is exported can be imported', () => {
    const code = "await import('breakwater/dist/main.js').then(() => process.exit(1), () => {})";
    node('--input-type=module', '-e', code);
  });

  await checks.check('an application compiles against it, libraries checked too (nodenext)', () =>
    tsc('-p', 'tsconfig.json'),
  );
  await checks.check('it also compiles as bundlers resolve modules', () =>
    tsc('-p', 'tsconfig.bundler.json'),
  );

  const answersOn = async (adapter, cwd) => {
    const port = await freePort();
    const server = new ServerProcess(process.execPath, ['dist/main.js', adapter], {
      cwd,
      env: { ...cleanEnvironment(), PORT: String(port) },
    });
    defer(() => server.kill());
    const answers = () => get(port, '/').catch(() => undefined);
    await server.until(answers, START_LIMIT_MS);
    await use(port);
    const { code, signal } = await server.stop(STOP_LIMIT_MS);
    expect(code === 0 || signal === 'SIGTERM', `it ended with ${code ?? signal}`);
  };
  for (const adapter of ['express', 'fastify']) {
    await checks.check(`the application runs on ${adapter} and answers`, () =>
      answersOn(adapter, app),
    );
  }
  await checks.check(
    'an application without Express compiles, runs on fastify and answers',
    async () => {
      const other = join(folder, 'app-fastify');
      cpSync(APP, other, { recursive: true });
      cpSync(FASTIFY_APP, join(other, 'src'), { recursive: true });
      writeFileSync(join(other, 'package.json'), JSON.stringify(without(own, OF_EXPRESS)));
      run('npm', INSTALL, { cwd: other });
      for (const name of OF_EXPRESS) {
        expect(!existsSync(join(other, 'node_modules', name)), `${name} came along`);
      }
      const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
      run(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: other });
      await answersOn('fastify', other);
    },
  );
  await checks.check('the command runs from the tarball, in an empty folder', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const breakwater = [...NPX, '--package', own.dependencies.breakwater, 'breakwater'];
    const said = run('npx', [...breakwater, '--version'], { cwd: empty }).trim();
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(said === version, `--version said ${said}`);
    const told = run('npx', [...breakwater, '--explain', 'GET /api/data/a'], { cwd: empty });
    expect(/^backend: +http:.*\/backend\/a$/m.test(told), `--explain said ${told}`);
    const port = await freePort();
    // Not by npx: it may be ended without handing that on, and what it has started holds its output.
    const installed = join(app, 'node_modules', 'breakwater', 'dist', 'command', 'breakwater.js');
    const command = [installed, '--port', String(port), '--cache-dir', join(empty, 'cache')];
    const env = { ...cleanEnvironment(), ADMIN_TOKEN: 'only-for-this-check' };
    const server = new ServerProcess(process.execPath, command, { cwd: empty, env });
    defer(() => server.kill());
    const health = () => get(port, '/health').catch(() => undefined);
    await server.until(health, START_LIMIT_MS);
    const { status, body } = await health();
    expect(status === 200 && body.includes('"disk"'), `GET /health: ${status} ${body}`);
    for (const path of ['/metrics', '/admin/ui', '/docs', '/docs/swagger-ui-bundle.js']) {
      const page = await get(port, path);
      expect(page.status === 200, `GET ${path}: ${page.status}`);
    }
    const { code } = await server.stop(4 * STOP_LIMIT_MS);
    expect(code === 0, `SIGTERM: exit code ${code}`);
  });
  for (const release of NEST) {
    await checks.check(`it does so on NestJS ${release.nest}, on both`, async () => {
      const other = join(folder, `app-${release.nest}`);
      cpSync(join(app, 'dist'), join(other, 'dist'), { recursive: true });
      const wanted = JSON.stringify(manifestOf(release, own));
      writeFileSync(join(other, 'package.json'), wanted);
      run('npm', INSTALL, { cwd: other });
      for (const adapter of ['express', 'fastify']) await answersOn(adapter, other);
    });
  }
});
