// The plot of the report: a panel for each question, a bar for each contender and Node.
import { formatNumber } from './figures.mjs';
import { STYLE } from './plot-style.mjs';
import { majorOf } from './raw-results.mjs';
import { limitOf, ratioOf, roundsOf, rowsOf } from './summary.mjs';
import { majorsOf } from './target-table.mjs';
import { bar, element, fitting, text, verticalLine } from './svg.mjs';

const COLUMN = 600;
const MARGIN = 24;
const NAMES = 306;
const FIGURES = 58;
const BARS = COLUMN - NAMES - FIGURES - 8;
const BAR = 11;
const ROW_GAP = 7;
const PANEL_HEAD = 46;
const PANEL_GAP = 26;
const HEAD = 64;
/** Ratios further apart than this are drawn on a logarithmic scale. */
const WIDE = 12;

/** @typedef {{ name: string, role: string, ratios: (number | undefined)[] }} Line by Node, the older first */
/** @typedef {{ title: string, caption: string, lines: Line[], logarithmic: boolean, height: number }} Panel */

/**
 * @param {readonly import('./report.mjs').Answered[]} answered
 * @returns {string} SVG
 */
export function plot(answered) {
  const majors = majorsOf(answered);
  const panels = answered
    .map((one) => panelOf(one, majors))
    .filter(({ lines }) => lines.length > 0);
  const columns = [HEAD, HEAD];
  const drawn = panels.map((panel) => {
    // Into the column that ends higher, the left one first.
    const at = columns[0] <= columns[1] ? 0 : 1;
    const y = columns[at];
    columns[at] += panel.height + PANEL_GAP;
    const x = MARGIN + at * (COLUMN + MARGIN);
    return element('g', { transform: `translate(${x} ${y})` }, ...draw(panel));
  });
  const width = 2 * COLUMN + 3 * MARGIN;
  const height = Math.max(...columns) - PANEL_GAP + MARGIN;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${Math.ceil(height)}`,
      width,
      role: 'img',
    },
    element('title', {}, 'Breakwater beside its peers and the limit, question by question'),
    element('style', {}, STYLE),
    element('rect', { width, height: Math.ceil(height), class: 'page' }),
    ...legend(majors),
    ...drawn,
  )}\n`;
}

/** @param {import('./report.mjs').Answered} answered @param {readonly number[]} majors @returns {Panel} */
function panelOf({ question, results }, majors) {
  const [metric] = question.metrics;
  const limit = limitOf(results[0]);
  const newest = rowsOf(results.at(-1), metric);
  const yardstick = limit ?? newest.find(({ role }) => role === 'ours')?.name;
  const lines = newest.map(({ name, role }) => ({
    name,
    role,
    ratios: majors.map((major) => {
      const result = results.find(({ node }) => majorOf(node) === major);
      const rounds = (of) => (result ? roundsOf(result, of, metric.id) : []);
      return ratioOf(rounds(name), rounds(yardstick));
    }),
  }));
  const ratios = lines.flatMap((line) => line.ratios).filter((ratio) => ratio > 0);
  const logarithmic = Math.max(...ratios) / Math.min(...ratios) > WIDE;
  const scale = logarithmic ? ', logarithmic' : '';
  const rowHeight = majors.length * BAR + ROW_GAP;
  return {
    title: question.title,
    caption: `${metric.title}, × of “${yardstick}”; ${metric.better} is better${scale}`,
    lines,
    logarithmic,
    height: PANEL_HEAD + lines.length * rowHeight,
  };
}

/** @param {Panel} panel */
function draw({ title, caption, lines, logarithmic, height }) {
  const lengthOf = scaleOf(lines, logarithmic);
  const one = NAMES + 8 + lengthOf(1);
  return [
    text(0, 14, 'title', fitting(title, COLUMN, 14)),
    text(0, 31, 'quiet', fitting(caption, COLUMN, 10.2)),
    verticalLine(NAMES + 8, PANEL_HEAD - 6, height, 'rule'),
    verticalLine(one, PANEL_HEAD - 6, height, 'one'),
    ...lines.flatMap((line, row) => {
      const rowHeight = line.ratios.length * BAR + ROW_GAP;
      const y = PANEL_HEAD + row * rowHeight;
      const emphasis = line.role === 'ours' ? 'name bold' : 'name';
      const middle = y + (line.ratios.length * BAR) / 2 + 4;
      const name = fitting(line.name, NAMES, 11);
      return [text(NAMES, middle, emphasis, name), ...bars(line, y, lengthOf)];
    }),
  ];
}

/** @param {Line} line @param {number} y @param {(ratio: number) => number} lengthOf */
function bars({ role, ratios }, y, lengthOf) {
  return ratios.flatMap((ratio, node) => {
    if (ratio === undefined) return [];
    const age = node === ratios.length - 1 ? 'newer' : 'older';
    const length = Math.max(1.5, lengthOf(ratio));
    const top = y + node * BAR;
    return [
      bar(NAMES + 8, top, length, BAR - 1, `${role} ${age}`),
      text(NAMES + 12 + length, top + BAR - 1.8, 'figure', formatNumber(ratio)),
    ];
  });
}

/** How long the bar of a ratio is. @param {readonly Line[]} lines @param {boolean} logarithmic */
function scaleOf(lines, logarithmic) {
  const ratios = lines.flatMap((line) => line.ratios).filter((ratio) => ratio > 0);
  const most = Math.max(1, ...ratios);
  if (!logarithmic) return (ratio) => (BARS * ratio) / most;
  // The least bar must be seen, too.
  const least = Math.min(1, ...ratios) / 1.6;
  const decades = Math.log(most / least);
  return (ratio) => (ratio <= 0 ? 0 : (BARS * Math.log(ratio / least)) / decades);
}

/** @param {readonly number[]} majors */
function legend(majors) {
  const roles = { ours: 'Breakwater', limit: 'the limit', peer: 'peers' };
  const entries = Object.entries(roles).flatMap(([role, words], at) => {
    const x = MARGIN + at * 130;
    return [
      bar(x, 22, 18, 7, `${role} older`),
      bar(x, 30, 18, 7, `${role} newer`),
      text(x + 25, 34, 'quiet', words),
    ];
  });
  const nodes = majors.map((major) => `Node ${major}`).join(', below it ');
  return [
    ...entries,
    text(MARGIN + 3 * 130, 34, 'quiet', `${nodes}; the dashed line is the limit`),
  ];
}
