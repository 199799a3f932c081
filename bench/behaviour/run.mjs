import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { buildPackage, installPeers } from '../harness/preparation.mjs';

const PAGE = fileURLToPath(new URL('../../docs/measured/comparison.md', import.meta.url));

/**
 * Installs the peers and builds the package where they are not there, runs the scenarios with all
 * subjects, and writes `docs/measured/comparison.md` from it if asked to.
 * @param {{ write?: boolean, only?: string }} [options] `only`: the scenarios or subjects whose id has it
 */
export async function compareBehaviour({ write = false, only } = {}) {
  installPeers();
  buildPackage();
  // What knows the peers can be loaded once they are there.
  const { runTrials } = await import('./trials.mjs');
  const trials = await runTrials({ only });
  if (write) {
    const { comparisonPage } = await import('./report.mjs');
    const page = comparisonPage(trials, {
      date: new Date().toISOString().slice(0, 10),
      commit: commit(),
      node: process.versions.node,
    });
    const style = await resolveConfig(PAGE);
    await writeFile(PAGE, await format(page, { ...style, filepath: PAGE }));
  }
  return trials;
}

function commit() {
  const git = (...args) =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
    });
  try {
    return git('rev-parse', '--short', 'HEAD').trim();
  } catch {
    return 'unknown';
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const only = args.find((arg) => !arg.startsWith('--'));
  if (only && args.includes('--write')) {
    throw new Error('The page is of the whole comparison: --write goes without a name.');
  }
  const trials = await compareBehaviour({ write: args.includes('--write'), only });
  const { comparisonLines } = await import('./report.mjs');
  for (const line of comparisonLines(trials)) console.log(line);
  const ours = trials.filter(({ subject, verdict }) => subject.ours && verdict === 'fail');
  for (const { scenario } of ours) console.error(`Not as expected here: ${scenario.title}`);
  if (ours.length > 0) process.exitCode = 1;
}
