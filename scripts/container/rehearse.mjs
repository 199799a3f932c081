// Rehearses the container image without a container engine: goes through every step of the Dockerfile in
// empty folders, then runs the result as the image would (its user, its environment, its command, a
// folder that cannot be written to), asks its health check, sends a request and stops it.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { get } from 'node:http';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, runChecks } from '../checks.mjs';
import { ROOT } from '../packaging/pack.mjs';
import { freePort, pathWithNode, ServerProcess } from '../processes.mjs';
import { milliseconds, parseDockerfile } from './dockerfile.mjs';
import { parseDockerignore } from './dockerignore.mjs';
import { StageBuild } from './image.mjs';

/** What `docker stop` waits by default before it kills. */
const GRACE_MS = 10_000;

/** Every entry of a folder with what would betray a write; not of the volumes, which are there for that. */
function snapshot(folder, volumes) {
  const lines = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((entry) => !volumes.some((volume) => join(folder, entry).startsWith(volume)))
    .map((entry) => {
      const { size, mtimeMs } = lstatSync(join(folder, entry));
      return `${entry} ${size} ${mtimeMs}`;
    });
  return lines.sort();
}

/** `chmod -R`, without following links. */
function changeModes(folder, change) {
  const stat = lstatSync(folder);
  if (stat.isSymbolicLink()) return;
  if (!stat.isDirectory()) return chmodSync(folder, change(stat.mode));
  chmodSync(folder, stat.mode | 0o700);
  for (const entry of readdirSync(folder)) changeModes(join(folder, entry), change);
  chmodSync(folder, change(stat.mode));
}

/** Only root may become someone else, and only where the other one can read the folder and run Node. */
function identityFor(user, folder) {
  if (process.getuid() !== 0)
    return { note: `as the current user (${process.getuid()}): not root` };
  const code = 'require("node:fs").accessSync(process.argv[1])';
  const { status } = spawnSync(process.execPath, ['-e', code, folder], { ...user, cwd: '/' });
  if (status !== 0) return { note: `as root: user ${user.uid} cannot reach Node or ${folder}` };
  return { user, note: `as user ${user.uid}:${user.gid}` };
}

/** The command that compose.yaml gives to the demo backend, which is in the same image. */
function backendCommand() {
  const compose = readFileSync(join(ROOT, 'compose.yaml'), 'utf8');
  const [, command] = /^\s*command: (\[.+\])$/m.exec(compose) ?? [];
  expect(command, 'compose.yaml has no command');
  return JSON.parse(command.replaceAll("'", '"'));
}

function fetchText(port, path) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      const { statusCode: status, headers } = response;
      response.once('end', () => resolve({ status, headers, text }));
    }).once('error', reject);
  });
}

await runChecks('Container rehearsal', async (checks, defer) => {
  process.umask(0o022);
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-container-'));
  defer(() => {
    changeModes(folder, (mode) => mode | 0o700);
    rmSync(folder, { recursive: true, force: true });
  });
  chmodSync(folder, 0o755);

  const stages = await checks.check('every line of the Dockerfile is understood', () =>
    parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')),
  );
  const bases = [...new Set(stages.map(({ base }) => base))].join(', ');
  checks.note(`left out: the files of ${bases}; Node ${process.versions.node} stands for it`);

  const sees = parseDockerignore(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));
  const built = new Map();
  for (const stage of stages) {
    await checks.check(`stage ${stage.name} builds in an empty folder`, () => {
      const root = join(folder, stage.name);
      mkdirSync(root);
      const build = new StageBuild(stage, root, { folder: ROOT, sees }, built);
      build.build((step) => checks.note(step));
      built.set(stage.name, build);
    });
  }

  const image = [...built.values()].at(-1);
  await checks.check('the image declares a user, a command, a health check and a port', () => {
    const { user, command, healthcheck, port } = image;
    expect(user && command && healthcheck, 'USER, CMD or HEALTHCHECK is missing');
    expect(String(port) === image.environment.PORT, 'EXPOSE and the default of PORT differ');
  });
  await checks.check('the image holds no sources, no specs, no development tools', () => {
    const unwanted = ['src', 'test', 'node_modules/typescript', 'node_modules/jest'];
    const found = unwanted.filter((path) => existsSync(image.path(path)));
    expect(found.length === 0, `found: ${found.join(', ')}`);
  });

  for (const path of ['tmp', 'home']) mkdirSync(join(image.folder, path), { recursive: true });
  changeModes(image.folder, (mode) => mode & ~0o222);
  const volumes = image.volumes.map((path) => image.path(path));
  for (const volume of volumes) chmodSync(volume, 0o1777);
  const before = snapshot(image.folder, volumes);
  const { user, note } = identityFor(image.user, image.folder);
  checks.note(`runs ${note}, in a folder without write permissions`);

  const [port, backendPort] = [await freePort(), await freePort()];
  const settings = {
    cwd: image.path('.'),
    env: {
      ...image.environment,
      // Paths of the image are not paths of this machine.
      CACHE_DIR: image.path(image.environment.CACHE_DIR),
      PATH: pathWithNode(),
      HOME: join(image.folder, 'home'),
      TMPDIR: join(image.folder, 'tmp'),
      PORT: String(port),
      BACKEND_URL: `http://localhost:${backendPort}`,
      DEMO_BACKEND_PORT: String(backendPort),
    },
    ...user,
  };
  const start = ([command, ...args]) => {
    const process = new ServerProcess(command, args, settings);
    defer(() => process.kill());
    return process;
  };
  const [probe, ...probeArgs] = image.healthcheck.command;
  const isHealthy = () =>
    spawnSync(probe, probeArgs, {
      ...settings,
      stdio: 'ignore',
      timeout: milliseconds(image.healthcheck.timeout),
    }).status === 0;

  await checks.check('the health check fails while nothing listens', () => {
    expect(!isHealthy(), 'it passed');
  });
  const startService = async () => {
    const started = start(image.command);
    await started.until(isHealthy, milliseconds(image.healthcheck['start-period']));
    return started;
  };
  let service = await checks.check('the health check passes within its start period', startService);
  const backend = await checks.check('the demo backend starts from the same image', async () => {
    const started = start(backendCommand());
    await started.until(() => fetchText(backendPort, '/calls').catch(() => false), GRACE_MS);
    return started;
  });
  await checks.check('a request goes through to the backend and back', async () => {
    const { status, text } = await fetchText(port, '/api/data/rehearsal');
    expect(status === 200 && JSON.parse(text).key === 'rehearsal', `${status} ${text}`);
  });
  await checks.check('the cache survives a restart, on a volume', async () => {
    expect(volumes.includes(image.path(image.environment.CACHE_DIR)), 'CACHE_DIR is not a volume');
    const ask = () => fetchText(port, '/products?productId=rehearsal');
    const first = await ask();
    expect(first.status === 200, `${first.status} ${first.text}`);
    const { code } = await service.stop(GRACE_MS, image.stopSignal);
    expect(code === 0, service.output);
    service = await startService();
    const second = await ask();
    const status = second.headers['cache-status'];
    expect(/^breakwater; hit; ttl=\d+/.test(status), `Cache-Status: ${status}`);
    expect(second.text === first.text, `${first.text} became ${second.text}`);
    checks.note(`Cache-Status: ${status}, Age: ${second.headers.age}`);
  });
  await checks.check(
    `${image.stopSignal} ends both with exit code 0 within the grace`,
    async () => {
      const { code, signal, tookMs } = await service.stop(GRACE_MS, image.stopSignal);
      expect(code === 0, `code ${code}, signal ${signal} after ${tookMs} ms\n${service.output}`);
      checks.note(`it took ${tookMs} ms`);
      expect((await backend.stop(GRACE_MS, image.stopSignal)).code === 0, backend.output);
    },
  );
  await checks.check('it has written nothing to its folder', () => {
    const after = snapshot(image.folder, volumes);
    const difference = after.filter((line) => !before.includes(line));
    expect(after.length === before.length && difference.length === 0, difference.join('\n'));
  });
});
