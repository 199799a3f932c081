import { LoadOutcome } from '../kernel/load-outcome.js';
import type { ValueFacts } from '../kernel/load-outcome.js';

/** What a test makes of a value that is still arriving. */
export type Arrival = ReturnType<typeof arriving>;

/** A value whose end is the test's. */
export function arriving(value: unknown, facts: ValueFacts = {}) {
  let end!: (sizeBytes: number) => void;
  let fail!: (error: unknown) => void;
  const completed = new Promise<number>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  const all = { etag: `"${String(value)}"`, completed, sizeBytes: 1_000, ...facts };
  return { end, fail, keep: LoadOutcome.keep(value, all), facts: all };
}
