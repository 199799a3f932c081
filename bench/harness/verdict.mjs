// Whether a target is met.
import { formatFigure, formatRatio } from './figures.mjs';
import { ratioOf, roundsOf } from './summary.mjs';
import { median } from './statistics.mjs';

/**
 * @typedef {object} Verdict
 * @property {boolean} met
 * @property {string} figure ours, as the target speaks of it
 */

/**
 * Judges `target` by the results of one Node; `undefined` where it does not apply or was not measured.
 *
 * @param {import('./question.mjs').Target} target
 * @param {import('./question.mjs').Question} question
 * @param {import('./raw-results.mjs').RawResult} result
 * @returns {Verdict | undefined}
 */
export function verdictOn(target, question, result) {
  const ours = roundsOf(result, target.of, target.metric);
  if (ours.length === 0) return undefined;
  const metric = question.metrics.find(({ id }) => id === target.metric);
  const unit = metric?.unit ?? '';
  if (target.against === undefined) {
    const figure = median(ours);
    return { met: isWithin(figure, target), figure: formatFigure(figure, unit) };
  }
  const theirs = roundsOf(result, target.against, target.metric);
  if (theirs.length === 0) return undefined;
  if (target.plus !== undefined) {
    const times = target.atMost ?? 1;
    const rounds = ours.slice(0, theirs.length);
    const beyond = median(rounds.map((figure, round) => figure - times * theirs[round]));
    return { met: beyond <= target.plus, figure: `${formatFigure(beyond, unit)} beyond` };
  }
  const ratio = ratioOf(ours, theirs);
  if (ratio === undefined) return undefined;
  return { met: isWithin(ratio, target), figure: formatRatio(ratio) };
}

/** @param {number} value @param {import('./question.mjs').Target} target */
function isWithin(value, { atLeast = -Infinity, atMost = Infinity }) {
  return value >= atLeast && value <= atMost;
}
