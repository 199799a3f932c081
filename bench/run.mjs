// `npm run bench`: asks the questions, prints the figures, and writes docs/measured/benchmarks.md and .svg; then it
// runs the trials of behaviour, and writes docs/measured/comparison.md.
// `--quick` takes less than two minutes and writes nothing; `--report` writes from what was measured last;
// `--as-built` installs and builds nothing, and measures what is in dist/.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printResult } from './harness/console-tables.mjs';
import { machine } from './harness/machine.mjs';
import { nodeBinaries } from './harness/node-versions.mjs';
import { buildPackage, installPeers, tellIfStale } from './harness/preparation.mjs';
import { questionFiles } from './harness/question-files.mjs';
import { keep, keptResults, resultFolder } from './harness/raw-results.mjs';

const ASK = fileURLToPath(new URL('harness/ask.mjs', import.meta.url));
/** Longer than any question takes; a server that hangs must not hold a run for ever. */
const TIMEOUT_MS = { quick: 2 * 60_000, full: 60 * 60_000 };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    'as-built': { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    node: { type: 'string', multiple: true },
  },
});
const { quick } = options;
const rounds = roundsFrom(options.rounds ?? (quick ? '1' : '5'));

// `dist/` may be somebody else's at the moment, and a report needs neither.
if (options['as-built']) tellIfStale();
else if (!options.report) {
  installPeers();
  buildPackage();
}
/** The question that is being asked. */
let running;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill();
    process.exit(1);
  });
}
const only = options.only?.split(',');
const results = options.report ? keptResults() : await measureAll();
if (!quick) await writeDocs();
if (!quick && !only && !options.report) await comparePeers();

/** Asks each question on each Node. */
async function measureAll() {
  const files = await questionFiles(only);
  const binaries = nodeBinaries(options.node, quick);
  if (binaries.length === 0) throw new Error('no Node to measure on');
  const where = machine();
  console.log(`${where.cpu}, ${where.cores} cores, ${where.kernel}, commit ${where.commit}`);
  for (const { file, question } of files) {
    console.log(`\n■ ${question.title} (${question.id})\n   ${question.about}`);
    for (const { version, path } of binaries) {
      const measured = { id: question.id, node: version, rounds, quick, machine: where };
      const result = { ...measured, ...(await ask(path, file, question.id)) };
      keep(result);
      printResult(question, result);
    }
  }
  // With what was measured before, where only some were asked.
  return quick ? [] : keptResults();
}

/** The answers of all contenders to one question, from a process of its own. */
async function ask(node, file, id) {
  const answer = join(resultFolder(quick), `${id}.part`);
  const request = JSON.stringify({ rounds, quick });
  const child = spawn(node, ['--expose-gc', ASK, file, answer, request], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running = child;
  const timer = setTimeout(() => child.kill(), quick ? TIMEOUT_MS.quick : TIMEOUT_MS.full);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  }).finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`question ${id} ended with ${signal ?? `exit code ${code}`}`);
  const contenders = JSON.parse(readFileSync(answer, 'utf8'));
  rmSync(answer);
  return contenders;
}

/** Loaded when the peers are there. */
async function comparePeers() {
  const { compareBehaviour } = await import('./behaviour/run.mjs');
  await compareBehaviour({ write: true });
  console.log('wrote docs/measured/comparison.md');
}

async function writeDocs() {
  const files = await questionFiles();
  const kept = new Set(results.map(({ id }) => id));
  const missing = files.map(({ question }) => question.id).filter((id) => !kept.has(id));
  // The page is of all questions: it never says less than it did.
  if (missing.length > 0) {
    console.log(`\nthe page stays as it is: nothing was measured here of ${missing.join(', ')}`);
    return;
  }
  const { writeReport } = await import('./harness/report.mjs');
  const written = await writeReport(files, results);
  console.log(`\nwrote ${written.join(' and ')}`);
}

/** @param {string} text */
function roundsFrom(text) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--rounds must be a whole number from 1, got "${text}"`);
}
