import { countedLoader } from '../counted-loader.mjs';
import { callers, count, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { some, told } from '../wording.mjs';

const isFailure = (error) => [error, error?.cause].some((each) => each?.message === 'thrown');

export const scenario = defineScenario({
  id: 'synchronous-throw',
  family: 'caching',
  title: 'The loader throws before it returns a promise',
  expected:
    'Three callers all get the error, as a rejection; the next caller makes a new call and gets its value.',
  async run(subject) {
    let broken = true;
    const loader = countedLoader(() => {
      if (broken) throw new Error('thrown');
      return Promise.resolve('back');
    });
    const cache = await subject.make({ load: loader.load });
    const outcomes = await outcomesOf(
      callers(3, () => cache.get('key')),
      1_000,
    );
    broken = false;
    const next = await outcomeOf(
      started(() => cache.get('key')),
      1_000,
    );
    const errors = count(outcomes, 'error', ({ error }) => isFailure(error));
    const other = outcomes.find(({ kind, error }) => kind !== 'error' || !isFailure(error));
    return {
      happened: `${errors} of 3 got the error${other ? `, one ${told(other)}` : ''}; the next caller: ${told(next)}; ${some(loader.calls, 'call')} in all.`,
      pass: errors === 3 && next.value === 'back',
    };
  },
});
