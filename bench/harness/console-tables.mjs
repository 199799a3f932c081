// What a run prints.
import { formatFigure, formatRatio } from './figures.mjs';
import { limitOf, rowsOf } from './summary.mjs';
import { verdictOn } from './verdict.mjs';

/**
 * The figures of one question on one Node, and what they say about its targets.
 *
 * @param {import('./question.mjs').Question} question
 * @param {import('./raw-results.mjs').RawResult} result
 */
export function printResult(question, result) {
  const limit = limitOf(result);
  for (const metric of question.metrics) {
    const rows = rowsOf(result, metric);
    if (rows.length === 0) continue;
    console.log(`\n   ${metric.title}${limit ? ` (× of ${limit})` : ''}, Node ${result.node}`);
    for (const { name, role, version, figure, spread, ratio } of rows) {
      const marks = { ours: '►', limit: '=', peer: ' ' };
      const [least, greatest] = spread.map((bound) => formatFigure(bound, metric.unit));
      const columns = [
        `   ${marks[role]} ${name}${version ? ` ${version}` : ''}`.padEnd(56),
        formatFigure(figure, metric.unit).padStart(14),
        formatRatio(ratio).padStart(12),
        `   ${least} – ${greatest}`,
      ];
      console.log(columns.join(''));
    }
  }
  for (const { name, skipped } of result.contenders) {
    if (skipped !== undefined) console.log(`   SKIPPED ${name}: ${skipped}`);
  }
  for (const target of question.targets) {
    if (target.node !== undefined && !result.node.startsWith(`${target.node}.`)) continue;
    const verdict = verdictOn(target, question, result);
    const word = verdict === undefined ? 'NOT MEASURED' : verdict.met ? 'met' : 'NOT MET';
    console.log(`   ${word}: ${target.text}${verdict ? `: ${verdict.figure}` : ''}`);
  }
}
