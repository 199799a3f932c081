// Colours and letters of the plot, on light and on dark pages.

const LIGHT = {
  page: '#ffffff',
  words: '#1f2328',
  quiet: '#59636e',
  line: '#d1d9e0',
  ours: ['#f5a97f', '#d9480f'],
  limit: ['#a5c8f0', '#2f6fbf'],
  peer: ['#d4d8dd', '#9aa3ad'],
};

const DARK = {
  page: '#0d1117',
  words: '#e6edf3',
  quiet: '#9198a1',
  line: '#3d444d',
  ours: ['#9c4a24', '#ff8c4b'],
  limit: ['#2b4c74', '#6cabf0'],
  peer: ['#3b424b', '#767f8a'],
};

/** @param {typeof LIGHT} colours */
function rules({ page, words, quiet, line, ...bars }) {
  const fills = Object.entries(bars).map(
    ([role, [older, newer]]) => `.${role}.older{fill:${older}}.${role}.newer{fill:${newer}}`,
  );
  return (
    `.page{fill:${page}}.figure{stroke:${page}}.title,.name,.figure{fill:${words}}.quiet{fill:${quiet}}` +
    `.one{stroke:${quiet}}.rule{stroke:${line}}${fills.join('')}`
  );
}

const LETTERS =
  'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}' +
  '.title{font-size:14px;font-weight:600}.name,.figure,.quiet{font-size:11px}.figure{font-size:9.5px;paint-order:stroke;stroke-width:2.5px}' +
  '.name{text-anchor:end}.bold{font-weight:700}.one{stroke-dasharray:3 3}';

export const STYLE = `${LETTERS}${rules(LIGHT)}@media (prefers-color-scheme:dark){${rules(DARK)}}`;
