// What we lose, by name.
import { majorOf } from './raw-results.mjs';
import { median } from './statistics.mjs';
import { roundsOf } from './summary.mjs';

/** Nearer than this two figures are the same one. */
const CLEARLY = 1.03;

/**
 * Peers that do better than the first of ours, question by question.
 *
 * @param {readonly import('./report.mjs').Answered[]} answered
 * @returns {string} a list in Markdown
 */
export function leads(answered) {
  const items = answered.flatMap(({ question, results }) =>
    question.metrics.flatMap((metric) =>
      results.flatMap((result) => {
        const ahead = peersAhead(result, metric);
        if (ahead.length === 0) return [];
        const { name } = result.contenders.find(({ role }) => role === 'ours');
        const list = ahead.map(({ peer, factor }) => `${peer} ${factorText(factor)}`).join(', ');
        const where = `${question.title}: ${lowerFirst(metric.title)}`;
        return [`- ${where}, Node ${majorOf(result.node)}, beside ${name}: ${list}`];
      }),
    ),
  );
  if (items.length === 0) return 'Nowhere in this run.';
  const about =
    'By how much a peer is better than the first of ours, where it is by more than 3 %.';
  return `${about}\n\n${items.join('\n')}`;
}

/** @param {import('./raw-results.mjs').RawResult} result @param {import('./question.mjs').Metric} metric */
function peersAhead(result, metric) {
  const ours = result.contenders.find(({ role }) => role === 'ours');
  if (!ours) return [];
  const figures = roundsOf(result, ours.name, metric.id);
  return result.contenders
    .filter(({ role }) => role === 'peer')
    .map(({ name }) => ({
      peer: name,
      factor: factorOf(figures, roundsOf(result, name, metric.id), metric),
    }))
    .filter(({ factor }) => factor > CLEARLY)
    .sort((a, b) => b.factor - a.factor);
}

/** How many times better theirs are, taken round by round. */
function factorOf(ours, theirs, { better }) {
  const rounds = ours.slice(0, theirs.length);
  const factors = rounds.map((figure, round) =>
    better === 'less' ? figure / theirs[round] : theirs[round] / figure,
  );
  // Nothing against nothing is even.
  return factors.length === 0
    ? 0
    : median(factors.map((factor) => (Number.isNaN(factor) ? 1 : factor)));
}

/** @param {number} factor */
function factorText(factor) {
  return factor === Infinity ? '(none at all)' : `${factor.toFixed(factor < 10 ? 2 : 0)} ×`;
}

/** @param {string} text */
function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
