// docs/measured/benchmarks.md and its plot, from what was measured.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { leads } from './leads.mjs';
import { plot } from './plot.mjs';
import { questionSection } from './question-section.mjs';
import { majorOf } from './raw-results.mjs';
import { targetTable } from './target-table.mjs';

const DOCS = new URL('../../docs/measured/', import.meta.url);
const NOTES = new URL('notes.md', import.meta.url);

/** @typedef {import('./raw-results.mjs').RawResult} RawResult */
/** @typedef {{ question: import('./question.mjs').Question, results: RawResult[] }} Answered by Node, the older first */

/**
 * Writes the report.
 *
 * @param {readonly import('./question-files.mjs').QuestionFile[]} files
 * @param {readonly RawResult[]} all
 * @returns {Promise<string[]>} what was written
 */
export async function writeReport(files, all) {
  /** @type {Answered[]} */
  const answered = files
    .map(({ question }) => ({
      question,
      results: all
        .filter(({ id }) => id === question.id)
        .sort((a, b) => majorOf(a.node) - majorOf(b.node)),
    }))
    .filter(({ results }) => results.length > 0);
  if (answered.length === 0) throw new Error('nothing was measured yet');

  const text = [
    '# Benchmarks',
    '<!-- Written by `npm run bench`; what is changed here by hand is lost. -->',
    preface(answered),
    '## Targets',
    targetTable(answered),
    '![Each question: what a contender takes, of what the limit takes](benchmarks.svg)',
    existsSync(NOTES) ? readFileSync(NOTES, 'utf8').trim() : undefined,
    '## Where others are ahead',
    leads(answered),
    ...answered.map(questionSection),
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
  write('benchmarks.svg', plot(answered));
  write('benchmarks.md', await formatted(`${text}\n`));
  return ['docs/measured/benchmarks.md', 'docs/measured/benchmarks.svg'];
}

/** @param {string} name @param {string} text */
function write(name, text) {
  writeFileSync(fileURLToPath(new URL(name, DOCS)), text);
}

/** @param {readonly Answered[]} answered */
function preface(answered) {
  const results = answered.flatMap((one) => one.results);
  const nodes = unique(results.map(({ node }) => node)).sort();
  const rounds = unique(results.map((result) => String(result.rounds)));
  const wheres = unique(results.map(({ machine }) => hardware(machine)));
  const whens = unique(results.map(({ machine }) => `${machine.date} at commit ${machine.commit}`));
  return [
    'How Breakwater does beside its peers, and beside the limit: what nothing can beat that does the ' +
      'same work. All of it by `npm run bench`, on one machine, each question with all its contenders in one run. ' +
      'Absolute figures are those of that machine; ratios hold better.',
    [
      `- Measured ${whens.sort().join('; ')}.`,
      `- On ${wheres.join('; ')}.`,
      `- Node ${nodes.join(' and ')}; ${rounds.join(' or ')} rounds, in each of which all contenders take ` +
        'their turn. Figures are medians, with the least and the greatest; ratios are taken round by round.',
      `- Peers: ${peers(results)}.`,
    ].join('\n'),
  ].join('\n\n');
}

/** @param {import('./machine.mjs').Machine} machine */
function hardware({ cpu, cores, memoryGiB, kernel }) {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}`;
}

/** @param {readonly RawResult[]} results */
function peers(results) {
  const all = results.flatMap(({ contenders }) => contenders);
  const versions = all.flatMap(({ role, name, version }) =>
    role === 'ours' || version === undefined
      ? []
      : [`${name.replace(/( fetch| get)?( \(.*|,.*)?$/, '')} ${version}`],
  );
  return unique(versions)
    .sort((a, b) => a.localeCompare(b, 'en'))
    .join(', ');
}

/** @param {readonly string[]} values */
function unique(values) {
  return [...new Set(values)];
}

/** As the rest of the documents is; without the formatter the tables are only less even. @param {string} text */
async function formatted(text) {
  try {
    const { format, resolveConfig } = await import('prettier');
    const path = fileURLToPath(new URL('benchmarks.md', DOCS));
    return await format(text, { ...(await resolveConfig(path)), parser: 'markdown' });
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return text;
  }
}
