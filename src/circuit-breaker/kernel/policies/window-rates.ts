import type { ResolvedWindowRates } from './policy-options.js';
import type { Tally } from './tally.js';

/**
 * Whether the results in a window open the circuit: `rate >= threshold`, so that 100 % can be
 * reached; divided rather than multiplied, so that 3 of 30 is exactly the literal 0.1.
 */
export function reachesRates(tally: Tally, rates: ResolvedWindowRates): boolean {
  const { calls, failures, slow } = tally;
  if (calls < rates.minimumCalls) return false;
  return failures / calls >= rates.rate || slow / calls >= rates.slowRate;
}

/** Where a window stands, in words and figures. */
export function describeRates(tally: Tally, rates: ResolvedWindowRates): string {
  const failed = `${tally.failures} of ${tally.calls} calls failed (opens at ${percent(rates.rate)}`;
  const minimum = ` of at least ${rates.minimumCalls})`;
  const slow = `, ${tally.slow} slow (opens at ${percent(rates.slowRate)})`;
  return failed + minimum + (rates.slowCallMs === Infinity ? '' : slow);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
