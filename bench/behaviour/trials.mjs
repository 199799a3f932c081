import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { scenarios } from './scenarios/index.mjs';
import { subjects } from './subjects/index.mjs';

/**
 * @typedef {'pass' | 'fail' | 'not-applicable'} Verdict
 * @typedef {object} Trial
 * @property {import('./scenario.mjs').Scenario} scenario
 * @property {import('./subject.mjs').About} subject
 * @property {string} happened
 * @property {Verdict} verdict
 * @property {string} [because] why the scenario does not apply
 */

const TRIAL = fileURLToPath(new URL('./trial.mjs', import.meta.url));

/** No trial waits for so long by itself: it is wedged. */
const LIMIT_MS = 15_000;

/** They wait more than they work; more would make each other late. */
const AT_ONCE = 8;

/** For the second try of those that were not as expected. */
const FEWER_AT_ONCE = 4;

/**
 * Runs every scenario with every subject of its family. What is not as expected gets a second try, in
 * less of a crowd: a moment's load of the machine is held against nobody.
 * @param {{ only?: string }} [options] `only`: ids of scenarios or subjects with it
 * @returns {Promise<Trial[]>} in the order of the tables
 */
export async function runTrials({ only } = {}) {
  const planned = scenarios.flatMap((scenario) =>
    subjects
      .filter(({ family }) => family === scenario.family)
      .map((subject) => ({ scenario, subject })),
  );
  const trials = planned.filter(
    ({ scenario, subject }) => !only || scenario.id.includes(only) || subject.id.includes(only),
  );
  const first = await runAll(trials, AT_ONCE);
  const failed = first.filter(({ verdict }) => verdict === 'fail');
  const second = await runAll(failed, FEWER_AT_ONCE);
  return first.map((trial) => {
    const again = failed.indexOf(trial);
    return again < 0 ? trial : second[again];
  });
}

async function runAll(trials, atOnce) {
  const results = new Array(trials.length);
  let next = 0;
  const worker = async () => {
    while (next < trials.length) {
      const place = next++;
      results[place] = await runTrial(trials[place]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function runTrial({ scenario, subject }) {
  const excluded = subject.excluded?.[scenario.id];
  if (excluded) {
    const verdict = 'not-applicable';
    return { scenario, subject, happened: 'Not run.', verdict, because: excluded };
  }
  const { happened, pass } = await observed(scenario.id, subject.id);
  const because = scenario.needs && subject.lacks[scenario.needs];
  if (because) return { scenario, subject, happened, verdict: 'not-applicable', because };
  return { scenario, subject, happened, verdict: pass ? 'pass' : 'fail' };
}

/** What a process of its own has seen, or how that ended. */
function observed(scenarioId, subjectId) {
  return new Promise((resolve) => {
    const child = fork(TRIAL, [scenarioId, subjectId], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let lastWords = '';
    child.stderr.on('data', (chunk) => (lastWords = (lastWords + chunk).slice(-2_000)));
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ happened: `Still busy after ${LIMIT_MS} ms.`, pass: false });
    }, LIMIT_MS);
    child.on('message', resolve);
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      const line = lastWords.split('\n').find((each) => /^\w*Error\b/.test(each)) ?? '';
      resolve({ happened: `The process ended (${signal ?? code}). ${line}`.trim(), pass: false });
    });
  });
}
