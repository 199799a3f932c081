// All figures of one question.
import { formatFigure, formatRatio } from './figures.mjs';
import { majorOf } from './raw-results.mjs';
import { limitOf, rowsOf } from './summary.mjs';
import { table } from './target-table.mjs';

/**
 * @param {import('./report.mjs').Answered} answered
 * @returns {string} Markdown
 */
export function questionSection({ question, results }) {
  const tables = question.metrics.flatMap((metric) => {
    const text = metricTable(metric, results);
    return text === undefined ? [] : [`**${metric.title}** (${metric.better} is better)`, text];
  });
  return [`## ${question.title}`, question.about, ...tables, ...absences(results)].join('\n\n');
}

/** @param {import('./question.mjs').Metric} metric @param {readonly import('./raw-results.mjs').RawResult[]} results */
function metricTable(metric, results) {
  const perNode = results.map((result) => rowsOf(result, metric));
  // In the order of the newest Node; who has no figure there comes last.
  const names = [...new Set(perNode.toReversed().flatMap((rows) => rows.map(({ name }) => name)))];
  if (names.length === 0) return undefined;
  const limit = limitOf(results[0]);
  const nodes = results.map(({ node }) => `Node ${majorOf(node)}`);
  const head = ['', ...nodes.flatMap((node) => [node, 'from – to', `× of limit`])];
  const rows = names.map((name) => {
    const cells = perNode.flatMap((rows) => {
      const row = rows.find((one) => one.name === name);
      if (!row) return ['–', '', ''];
      const [least, greatest] = row.spread.map((bound) => formatFigure(bound, metric.unit));
      const even = least === greatest;
      return [
        formatFigure(row.figure, metric.unit),
        even ? '' : `${least} – ${greatest}`,
        row.ratio === undefined ? '' : formatRatio(row.ratio).replace(' ×', ''),
      ];
    });
    const { role, version } = perNode.flat().find((row) => row.name === name);
    const label = `${name}${version ? ` ${version}` : ''}${name === limit ? ' (the limit)' : ''}`;
    return role === 'ours' ? [label, ...cells].map(bold) : [label, ...cells];
  });
  return table(head, rows, ['---', ...nodes.flatMap(() => ['--:', '--:', '--:'])]);
}

/** @param {string} text */
function bold(text) {
  return text === '' || text === '–' ? text : `**${text}**`;
}

/** Who was not measured, and why. @param {readonly import('./raw-results.mjs').RawResult[]} results */
function absences(results) {
  const told = results.flatMap(({ node, contenders }) =>
    contenders
      .filter(({ skipped }) => skipped !== undefined)
      .map(({ name, skipped }) => `- Not measured on Node ${majorOf(node)}: ${name}: ${skipped}.`),
  );
  return told.length === 0 ? [] : [told.join('\n')];
}
