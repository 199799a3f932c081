import { LoadOutcome } from '../kernel/load-outcome.js';
import type { ValueFacts } from '../kernel/load-outcome.js';

/** A value whose end is the test's. */
export function arriving(value: string, facts: ValueFacts = {}) {
  let end!: (sizeBytes: number) => void;
  let fail!: (error: unknown) => void;
  const completed = new Promise<number>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  const all = { etag: `"${value}"`, completed, sizeBytes: 1_000, ...facts };
  return { end, fail, keep: LoadOutcome.keep(value, all), facts: all };
}
