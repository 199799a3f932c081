// The few statistics that the tables are made of. Rounds are few: no means, no assumed distribution.

/**
 * The value below which the share `q` of `values` lies, interpolated between its neighbours.
 *
 * @param {readonly number[]} values
 * @param {number} q from 0 to 1
 */
export function quantile(values, q) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * The least and the greatest of `values`.
 *
 * @param {readonly number[]} values
 * @returns {[number, number]}
 */
export function spread(values) {
  return [quantile(values, 0), quantile(values, 1)];
}
