// The plot of a soak: a panel for each figure over time, with the backend's faults behind it.
import { STYLE } from '../../bench/harness/plot-style.mjs';
import { bar, element, text } from '../../bench/harness/svg.mjs';

const WIDTH = 900;
const LEFT = 24;
const PANEL = { height: 110, gap: 44, width: WIDTH - 2 * LEFT };
const HEAD = 64;

const PANELS = [
  { title: 'Resident memory, MiB', of: ({ rss }) => rss / 2 ** 20 },
  { title: 'Open sockets', of: ({ sockets }) => sockets },
  { title: 'Open file handles', of: ({ files }) => files },
  {
    title: 'Delay of the event loop, 99th percentile of a second, ms',
    of: ({ loop }) => loop.p99Ms,
  },
  { title: 'Answers a second', of: ({ answers }) => answers },
];

/**
 * @param {readonly object[]} samples one a second
 * @param {readonly { mode: string, from: number, to: number }[]} faults in seconds
 * @param {string} title
 */
export function plot(samples, faults, title) {
  const height = HEAD + PANELS.length * (PANEL.height + PANEL.gap);
  const panels = PANELS.map((panel, index) =>
    drawn(panel, samples, faults, HEAD + index * (PANEL.height + PANEL.gap)),
  );
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: 'img',
    },
    element('title', {}, title),
    element(
      'style',
      {},
      `${STYLE}.course{fill:none;stroke:#d9480f;stroke-width:1.4}.fault{opacity:.35}`,
    ),
    element('rect', { width: WIDTH, height, class: 'page' }),
    text(LEFT, 26, 'title', title),
    text(LEFT, 44, 'quiet', 'Grey: the backend is slow, failing or dead.'),
    ...panels,
  );
}

function drawn({ title, of }, samples, faults, top) {
  const values = samples.map(of);
  const most = Math.max(1, ...values);
  const x = (second) => LEFT + (second / Math.max(1, samples.length - 1)) * PANEL.width;
  const y = (value) => top + PANEL.height - (value / most) * PANEL.height;
  const points = values.map((value, second) => `${x(second).toFixed(1)},${y(value).toFixed(1)}`);
  return [
    ...faults.map(({ from, to }) =>
      bar(x(from), top, Math.max(1, x(to) - x(from)), PANEL.height, 'peer older fault'),
    ),
    element('polyline', { points: points.join(' '), class: 'course' }),
    text(LEFT, top - 6, 'name-left quiet', `${title}: at most ${Math.round(most)}`),
  ].join('');
}
