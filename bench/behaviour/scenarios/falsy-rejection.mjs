import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, outcomesOf } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { shown } from '../wording.mjs';

const REASONS = [undefined, 0, ''];

const carries = (error, reason) =>
  error === reason || (error instanceof Error && 'cause' in error && error.cause === reason);

export const scenario = defineScenario({
  id: 'falsy-rejection',
  family: 'caching',
  title: 'The loader rejects with undefined, 0 or ""',
  expected:
    'All three callers are rejected, with that reason or an error that has it as its cause. Nobody is told of a success.',
  async run(subject) {
    const parts = [];
    let pass = true;
    for (const reason of REASONS) {
      const loader = countedLoader(async () => {
        await sleep(20);
        throw reason;
      });
      const cache = await subject.make({ load: loader.load });
      const outcomes = await outcomesOf(
        callers(3, () => cache.get('key')),
        1_000,
      );
      const rejected = count(outcomes, 'error', ({ error }) => carries(error, reason));
      const succeeded = count(outcomes, 'value');
      const otherwise = 3 - rejected - succeeded;
      parts.push(
        `${shown(reason)}: ${rejected} of 3 rejected` +
          (succeeded > 0 ? `, ${succeeded} told of success` : '') +
          (otherwise > 0 ? `, ${otherwise} otherwise` : ''),
      );
      pass &&= rejected === 3;
    }
    return { happened: `${parts.join('; ')}.`, pass };
  },
});
