// Figures as people read them.

/** Units in which a thousand has a name of its own. */
const LARGER = {
  ns: ['ns', 'µs', 'ms', 's'],
  µs: ['µs', 'ms', 's'],
  ms: ['ms', 's'],
};
const BINARY = {
  bytes: ['bytes', 'KiB', 'MiB', 'GiB'],
  B: ['B', 'KiB', 'MiB', 'GiB'],
  KiB: ['KiB', 'MiB', 'GiB'],
  MiB: ['MiB', 'GiB'],
};

/**
 * Three significant digits, in the unit that suits them.
 *
 * @param {number} value
 * @param {string} unit
 */
export function formatFigure(value, unit) {
  const step = BINARY[unit] ? 1_024 : 1_000;
  const units = BINARY[unit] ?? LARGER[unit] ?? [unit];
  let at = 0;
  // One more digit before the unit changes: 1 234 ns is better to compare than 1.23 µs.
  while (at < units.length - 1 && Math.abs(value) >= 10 * step) {
    value /= step;
    at++;
  }
  return `${formatNumber(value)} ${units[at]}`.trimEnd();
}

/** @param {number} value */
export function formatNumber(value) {
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3;
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** @param {number | undefined} ratio */
export function formatRatio(ratio) {
  return ratio === undefined ? '–' : `${formatNumber(ratio)} ×`;
}
