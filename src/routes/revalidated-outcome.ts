import { receivedHeaderOf } from '../backend/index.js';
import type { BackendAnswer } from '../backend/index.js';
import { LoadOutcome } from '../caching/index.js';
import { modifiedAt } from './conditions.js';
import { forbidsReuse } from './sharing.js';

/**
 * `outcome`, held back where its answer says `no-cache`: kept for its entity tag or its date alone, so
 * that each reuse asks the backend first. Without either there is nothing to ask by, and it is not kept.
 *
 * @param previous the answer that a 304 has renewed
 */
export function revalidatedOutcome(
  outcome: LoadOutcome<BackendAnswer>,
  previous?: BackendAnswer,
): LoadOutcome<BackendAnswer> {
  const { kind, value: answer = previous, facts } = outcome;
  if (answer === undefined || !forbidsReuse(receivedHeaderOf(answer, 'cache-control'))) {
    return outcome;
  }
  const heldBack = { ...facts, revalidate: true };
  switch (kind) {
    case 'negative':
      return LoadOutcome.uncacheable(answer);
    case 'keep':
      return facts.etag === undefined && modifiedAt(answer) === undefined
        ? LoadOutcome.uncacheable(answer)
        : LoadOutcome.keep(answer, heldBack);
    case 'not-modified':
      return LoadOutcome.notModified(heldBack, outcome.value);
    default:
      return outcome;
  }
}
