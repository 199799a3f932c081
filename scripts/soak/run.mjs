// `npm run soak:service [-- --seconds 600] [-- --write]`: the built service under mixed load for ten
// minutes, in front of a backend that slows down, fails and dies in turn. Notes memory, sockets, file
// handles and the delay of the event loop each second, and fails where they leave their bounds, where an
// answer is not the one that was asked for, or where the service does not recover.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { expect, runChecks } from '../checks.mjs';
import { freePort, ServerProcess, untilReady } from '../processes.mjs';
import { Load } from './load.mjs';
import { plot } from './plot.mjs';

const ROOT = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, write: { type: 'boolean' } },
});
const SECONDS = Number(values.seconds);
expect(Number.isInteger(SECONDS) && SECONDS >= 20, '--seconds is a whole number, at least 20');

/** A round of what happens to the backend, in seconds; the last third of a round it is well. */
const ROUND = [
  { mode: 'well', seconds: 8 },
  { mode: 'slow', seconds: 5 },
  { mode: 'failing', seconds: 4 },
  { mode: 'dead', seconds: 5 },
  { mode: 'well', seconds: 8 },
];

const MEBIBYTE = 2 ** 20;
const MEMORY_CACHE_BYTES = 16 * MEBIBYTE;
/** What memory may grow by from the first third to the last: what the collector has not taken yet. */
const GROWTH_BYTES = 64 * MEBIBYTE;
/** Of the median second; a machine that others use as well takes most of it. */
const LOOP_P99_MS = 500;
/** Handles that a service without clients may have more than before the first of them. */
const LEFT_OVER = 16;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const inMebibytes = (bytes) => `${Math.round(bytes / MEBIBYTE)} MiB`;

function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0; // no such folder on this system
  }
}

await runChecks(`Soak of the service, ${SECONDS} s`, async (checks, defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-soak-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));

  const backend = spawn(process.execPath, [join(import.meta.dirname, 'backend.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  defer(() => backend.kill('SIGKILL'));
  const [first] = await once(backend.stdout, 'data');
  const backendUrl = `http://127.0.0.1:${String(first).trim()}`;
  const turn = async (mode) => {
    await fetch(`${backendUrl}/mode/${mode}`, { method: 'POST' });
  };

  const port = await freePort();
  const probe = join(import.meta.dirname, 'probe.mjs');
  const service = new ServerProcess(process.execPath, ['--import', probe, 'dist/main.js'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      PORT: String(port),
      BACKEND_URL: backendUrl,
      BACKEND_TIMEOUT_MS: '1000',
      CACHE_DIR: folder,
      CIRCUIT_COOLDOWN_MS: '1000',
      FRESH_TTL_MS: '500',
      LOG_LEVEL: 'fatal',
      MEMORY_CACHE_MAX_BYTES: String(MEMORY_CACHE_BYTES),
      STALE_TTL_MS: '20000',
      WRITE_TIMEOUT_MS: '5000',
    },
  });
  defer(() => service.kill());
  const { pid } = service.child;
  const base = `http://127.0.0.1:${port}`;
  await checks.check('starts', () => untilReady(service, base, 60_000));

  const samples = [];
  const faults = [];
  let load = { answers: 0 };
  let answered = 0;
  const before = openFiles(pid);
  service.child.on('message', (sample) => {
    samples.push({ ...sample, files: openFiles(pid), answers: load.answers - answered });
    answered = load.answers;
  });

  load = new Load(port);
  defer(() => load.stop());
  for (let second = 0, step = 0; second < SECONDS; step += 1) {
    const { mode, seconds } = ROUND[step % ROUND.length];
    const length = Math.min(seconds, SECONDS - second);
    const from = samples.length;
    await turn(mode);
    await sleep(length * 1_000);
    if (mode !== 'well') faults.push({ mode, from, to: samples.length });
    second += length;
  }
  await turn('well');
  await load.stop();
  const { statuses, wrong, wrongs, answers } = load;
  checks.note(`${answers} answers: ${JSON.stringify(statuses)}`);

  await checks.check('every answer is one that was asked for, and is whole', () => {
    expect(answers > SECONDS, `${answers} answers alone`);
    expect(wrongs === 0, `${wrongs} were not:\n${wrong.join('\n')}`);
  });

  await checks.check('is well a moment after its backend is', async () => {
    await sleep(2_500);
    const paths = ['/api/resource', '/api/data/after', '/products?productId=after'];
    for (const path of [...paths, ...paths]) {
      const { status } = await fetch(base + path);
      expect(status === 200, `${path}: ${status}`);
    }
  });

  await checks.check('keeps its memory within bounds', () => {
    const third = Math.floor(samples.length / 3);
    const early = median(samples.slice(third, 2 * third).map(({ rss }) => rss));
    const late = median(samples.slice(2 * third).map(({ rss }) => rss));
    checks.note(
      `resident memory: ${inMebibytes(early)} in the second third, ${inMebibytes(late)} in the last`,
    );
    expect(
      late < early + GROWTH_BYTES,
      `it grew from ${inMebibytes(early)} to ${inMebibytes(late)}`,
    );
  });

  await checks.check('holds the event loop for nobody', () => {
    const p99 = median(samples.map(({ loop }) => loop.p99Ms));
    const most = Math.max(...samples.map(({ loop }) => loop.maxMs));
    checks.note(
      `delay of the event loop: ${p99.toFixed(1)} ms (median of p99), ${most.toFixed(0)} ms at most`,
    );
    expect(p99 < LOOP_P99_MS, `${p99.toFixed(1)} ms`);
  });

  await checks.check('has closed what its clients have left', async () => {
    const most = Math.max(...samples.map(({ files }) => files));
    let files = openFiles(pid);
    for (let tries = 0; tries < 60 && files > before + LEFT_OVER; tries += 1) {
      await sleep(250);
      files = openFiles(pid);
    }
    checks.note(`file handles: ${before} before, ${most} at most, ${files} after`);
    expect(files <= before + LEFT_OVER, `${files} file handles`);
  });

  await checks.check('ends when it is asked to, and has said nothing of a defect', async () => {
    const { code } = await service.stop(20_000);
    expect(code === 0, `exit code ${code}\n${service.output}`);
    expect(!/Unhandled|MaxListeners|FATAL/.test(service.output), service.output.slice(0, 2_000));
  });

  if (values.write) {
    const file = join(ROOT, 'docs/measured/soak.svg');
    writeFileSync(
      file,
      `${plot(samples, faults, `The service under mixed load for ${SECONDS} s`)}\n`,
    );
    checks.note('wrote docs/measured/soak.svg');
  }
});
