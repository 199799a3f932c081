// Prints how many files and functions one real request enters: `npm run journeys`. Needs a build.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServerProcess, freePort } from '../processes.mjs';
import { redisServer } from '../redis-server.mjs';
import { instrument } from './instrument.mjs';
import { shortest } from './trace.mjs';

/** Of so many tries of one journey the shortest counts. */
const TIMES = 8;

const root = join(import.meta.dirname, '..', '..');
const dist = join(root, 'dist');
if (!existsSync(join(dist, 'main.js')))
  throw new Error('there is no build: run "npm run build" first');
const copy = join(root, 'node_modules', '.cache', 'journeys', String(process.pid));
const paths = instrument(dist, copy);
const load = (path) => import(pathToFileURL(join(copy, path)).href);
const { createService } = await load('service/create-service.js');
const { CachingService, CircuitBreaker } = await load('index.js');

/** What is to be ended, the last one first. */
const endings = [];
const verbose = process.argv.includes('--files');

/** Answers at once, except where `held` is asked for: then when `release` is called. */
async function startBackend() {
  const waiting = [];
  const arrivals = [];
  const server = createServer((request, response) => {
    const answer = () => response.writeHead(200, { 'content-type': 'text/plain' }).end('value');
    if (!request.url.includes('held')) return answer();
    waiting.push(answer);
    arrivals.shift()?.();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    arrived: () => new Promise((resolve) => arrivals.push(resolve)),
    release: () => waiting.splice(0).forEach((answer) => answer()),
  };
}

async function startStore() {
  const { command, libraries } = redisServer();
  const port = await freePort();
  const env = libraries ? { ...process.env, LD_LIBRARY_PATH: libraries } : process.env;
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const server = new ServerProcess(command, settings, { env, cwd: folder() });
  endings.push(() => server.kill());
  await server.until(() => server.output.includes('eady to accept connections'), 20_000);
  return `redis://127.0.0.1:${port}`;
}

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'journeys-'));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function startService(env) {
  const app = await createService({
    env: { SHUTDOWN_DRAIN_MS: '0', FRESH_TTL_MS: '60000', ...env },
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
  endings.push(() => app.close());
  const { port } = app.getHttpServer().address();
  return {
    app,
    ask: (path) =>
      new Promise((resolve, reject) => {
        get({ port, host: '127.0.0.1', path }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
        }).once('error', reject);
      }),
  };
}

async function expectOk(asked) {
  const status = await asked;
  if (status !== 200) throw new Error(`the answer was ${status}`);
}

const journeys = [];
async function journey(name, steps) {
  journeys.push([name, await shortest(TIMES, steps)]);
}

try {
  const value = () => Promise.resolve('value');
  const caching = new CachingService();
  endings.push(() => caching.onApplicationShutdown());
  await journey('CachingService.get miss, memory alone', {
    run: (i) => caching.get(['key', i], value),
  });
  await journey('CachingService.get hit', { run: () => caching.get(['hit'], value) });
  const breaker = new CircuitBreaker('journeys');
  await journey('CircuitBreaker.execute', { run: () => breaker.execute(value) });

  const backend = await startBackend();
  const redis = await startStore();
  const memory = await startService({ BACKEND_URL: backend.url });
  const disk = await startService({ BACKEND_URL: backend.url, CACHE_DIR: folder() });
  const all = await startService({
    BACKEND_URL: backend.url,
    CACHE_DIR: folder(),
    REDIS_URL: redis,
  });
  for (let i = 0; i < 200; i += 1) {
    for (const each of [memory, disk, all]) await each.ask(`/products?productId=warm${i % 20}`);
  }
  const miss = (service) => ({
    run: (i) => expectOk(service.ask(`/products?productId=miss-${i}`)),
  });
  await journey('/products hit, fast path', {
    prepare: async () => {
      for (let i = 0; i < 3; i += 1) await memory.ask('/products?productId=hit');
    },
    run: () => expectOk(memory.ask('/products?productId=hit')),
  });
  await journey('/products miss, memory alone', miss(memory));
  await journey('/products miss, with disk', miss(disk));
  await journey('/products miss, disk and Redis', miss(all));
  await journey('/api/data lead', { run: (i) => expectOk(memory.ask(`/api/data/lead-${i}`)) });
  let asked = [];
  await journey('/api/data join, until it waits', {
    prepare: async (i) => {
      const arrived = backend.arrived();
      asked = [memory.ask(`/api/data/held-${i}`)];
      await arrived;
    },
    run: (i) => {
      asked.push(memory.ask(`/api/data/held-${i}`));
    },
    finish: async () => {
      backend.release();
      await Promise.all(asked.map(expectOk));
    },
  });
  await journey('/api/resource', { run: () => expectOk(memory.ask('/api/resource')) });

  const shared = all.app.get(CachingService);
  await journey('CachingService.invalidate, disk and Redis', {
    prepare: (i) => shared.get(['gone', i], value),
    run: (i) => shared.invalidate(['gone', i]),
  });

  const rows = [['journey', 'files', 'hops', 'returns', 'functions']];
  for (const [name, { files, hops, returns, functions }] of journeys) {
    rows.push([name, files.size, hops, returns, functions].map(String));
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(
      row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '),
    );
  }
  if (verbose) {
    for (const [name, { files }] of journeys) {
      console.log(`\n${name}\n${[...files].map((file) => `  ${paths[file]}`).join('\n')}`);
    }
  }
} finally {
  for (const end of endings.reverse()) await end();
  rmSync(copy, { recursive: true, force: true });
}
