// `npm run check:costs`: holds what operations cost to what they cost now, in figures that do not depend
// on the load of the machine: bytes, timers, promises, and CPU as a multiple of something measured beside
// it. Each figure comes from a process of its own. Exits with 1 if one is beyond its bound.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GUARDS, boundOf } from './bounds.mjs';
import { BUILT } from './built.mjs';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

/** A young generation large enough for nothing to be collected while bytes are counted. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** Five times what the longest takes on a busy machine; one that hangs must not hold a run for ever. */
const TIMEOUT_MS = 300_000;
const MAX_LANES = 2;
const SHOWN_CHARACTERS = 2_000;

const { values: options } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const wanted = options.only.split(',');
const guards = GUARDS.filter(({ file, measure }) =>
  wanted.some((part) => `${file}/${measure}`.includes(part)),
);

if (!existsSync(new URL('index.js', BUILT))) {
  console.error(`Nothing is built in ${fileURLToPath(BUILT)}: run "npm run build" first.`);
  process.exit(1);
}

let failed = 0;
const queue = guards.values();
const lanes = Math.min(MAX_LANES, availableParallelism());
await Promise.all(Array.from({ length: lanes }, work));
console.log(`${guards.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && guards.length > 0 ? 0 : 1;

async function work() {
  for (const guard of queue) await judge(guard);
}

/** @param {import('./bounds.mjs').Guard} guard */
async function judge(guard) {
  const bound = boundOf(guard);
  const { figure, trouble } = await measure(guard);
  // A figure that is none is beyond every bound.
  const kept = figure <= bound;
  if (!kept) failed++;
  const found = Number.isNaN(figure)
    ? 'could not be measured'
    : `${rounded(figure)} (at most ${bound})`;
  console.log(`  ${kept ? '✓' : '✗'} ${guard.what}: ${found} ${guard.unit}`);
  if (!kept) console.log(`    ${guard.file} ${guard.measure} ${trouble}`);
}

/** @param {import('./bounds.mjs').Guard} guard */
function measure({ file, measure }) {
  // What the service logs goes where logs go, so that it costs what it costs.
  const child = spawn(process.execPath, [...FLAGS, CHILD, `guards/${file}`, measure], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let errors = '';
  child.stdio[3].on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-SHOWN_CHARACTERS)));
  return new Promise((resolve) => {
    const end = (why) => {
      const figure = output === '' || why !== '' ? NaN : Number(output);
      resolve({ figure, trouble: Number.isNaN(figure) ? `${why}\n${errors}` : errors });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) =>
      end(code === 0 ? '' : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

/** @param {number} figure */
function rounded(figure) {
  return Number(figure.toPrecision(3)).toLocaleString('en').replaceAll(',', ' ');
}
