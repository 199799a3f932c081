// What we aimed at, and whether it is so.
import { majorOf } from './raw-results.mjs';
import { verdictOn } from './verdict.mjs';

/**
 * @param {readonly import('./report.mjs').Answered[]} answered
 * @returns {string} a table in Markdown
 */
export function targetTable(answered) {
  const majors = majorsOf(answered);
  const head = ['what', 'target', ...majors.map((major) => `Node ${major}`), 'met'];
  const rows = answered.flatMap(({ question, results }) =>
    question.targets.map((target) => {
      const verdicts = majors.map((major) => {
        if (!speaksOf(target, major)) return undefined;
        const result = results.find(({ node }) => majorOf(node) === major);
        return result && verdictOn(target, question, result);
      });
      const figures = verdicts.map((verdict) => cell(verdict));
      return [
        `[${question.title}](#${anchor(question)})`,
        target.text,
        ...figures,
        overall(verdicts),
      ];
    }),
  );
  return table(head, rows);
}

/** The major versions of Node that were measured on. @param {readonly import('./report.mjs').Answered[]} answered */
export function majorsOf(answered) {
  const majors = answered.flatMap(({ results }) => results.map(({ node }) => majorOf(node)));
  return [...new Set(majors)].sort((a, b) => a - b);
}

/** Where the section of a question is, as GitHub names headings. @param {import('./question.mjs').Question} question */
function anchor({ title }) {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @param {readonly string[]} [align]
 */
export function table(head, rows, align = head.map(() => '---')) {
  const line = (cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(align), ...rows.map(line)].join('\n');
}

/** @param {import('./verdict.mjs').Verdict | undefined} verdict */
function cell(verdict) {
  if (verdict === undefined) return '–';
  return verdict.met ? verdict.figure : `**${verdict.figure}**`;
}

/** @param {import('./question.mjs').Target} target @param {number} major of Node */
function speaksOf(target, major) {
  return target.node === undefined || target.node === major;
}

/** @param {readonly (import('./verdict.mjs').Verdict | undefined)[]} verdicts of the Nodes it speaks of */
function overall(verdicts) {
  const known = verdicts.filter((verdict) => verdict !== undefined);
  if (known.length === 0) return 'not measured';
  if (known.some(({ met }) => !met)) return '**not met**';
  return known.length === verdicts.length ? 'met' : 'met where measured';
}
