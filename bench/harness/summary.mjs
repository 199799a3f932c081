// From the figures of all rounds to the ones that the tables show.
import { median, spread } from './statistics.mjs';

/**
 * @typedef {object} Row a contender in one metric, on one Node
 * @property {string} name
 * @property {'ours' | 'limit' | 'peer'} role
 * @property {string} [version]
 * @property {number} figure median of the rounds
 * @property {[number, number]} spread least and greatest of the rounds
 * @property {number | undefined} ratio to the limit, taken round by round, then the median
 */

/**
 * The figures of `metric` in each round.
 *
 * @param {import('./raw-results.mjs').RawResult} result
 * @param {string} name of the contender
 * @param {string} metric
 * @returns {number[]}
 */
export function roundsOf(result, name, metric) {
  const contender = result.contenders.find((one) => one.name === name);
  const figures = contender?.rounds.map((round) => round[metric]) ?? [];
  return figures.filter((figure) => typeof figure === 'number');
}

/** The contender that ratios are taken to: the first limit. @param {import('./raw-results.mjs').RawResult} result */
export function limitOf(result) {
  return result.contenders.find(({ role, rounds }) => role === 'limit' && rounds.length > 0)?.name;
}

/**
 * The contenders that have figures of `metric`, the best first.
 *
 * @param {import('./raw-results.mjs').RawResult} result
 * @param {import('./question.mjs').Metric} metric
 * @returns {Row[]}
 */
export function rowsOf(result, metric) {
  const limit = limitOf(result);
  const yardstick = limit === undefined ? [] : roundsOf(result, limit, metric.id);
  const rows = result.contenders.flatMap(({ name, role, version }) => {
    const figures = roundsOf(result, name, metric.id);
    if (figures.length === 0) return [];
    const ratio = ratioOf(figures, yardstick);
    return [{ name, role, version, figure: median(figures), spread: spread(figures), ratio }];
  });
  return rows.sort((a, b) => (metric.better === 'less' ? 1 : -1) * (a.figure - b.figure));
}

/**
 * Median of the ratios round by round: what slowed a whole round down is not in it.
 *
 * @param {readonly number[]} figures
 * @param {readonly number[]} against
 */
export function ratioOf(figures, against) {
  const rounds = figures.slice(0, against.length);
  const ratios = rounds.map((figure, round) => figure / against[round]).filter(Number.isFinite);
  return ratios.length === 0 ? undefined : median(ratios);
}
