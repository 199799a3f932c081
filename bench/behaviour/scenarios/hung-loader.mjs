import { countedLoader } from '../counted-loader.mjs';
import { never } from '../gate.mjs';
import { callers, count, lastMs, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'hung-loader',
  family: 'caching',
  title: 'The loader never settles',
  expected:
    'The first call never settles and takes no notice of any signal; a deadline of 300 ms is set. Each of ten callers has an error or a value within 2 s, and the next caller gets a value from a new call.',
  needs: 'deadline',
  async run(subject) {
    const loader = countedLoader((call) => (call === 1 ? never() : Promise.resolve('back')));
    const cache = await subject.make({ load: loader.load, deadlineMs: 300 });
    const waiting = callers(10, () => cache.get('key'));
    const outcomes = await outcomesOf(waiting, 2_000);
    const next = await outcomeOf(
      started(() => cache.get('key')),
      500,
    );
    const left = count(outcomes, 'waiting');
    const answered =
      left > 0
        ? `${left} of 10 still waiting ${about(lastMs(outcomes))}`
        : `${some(count(outcomes, 'error'), 'error')} and ${some(count(outcomes, 'value'), 'value')}, the last ${about(lastMs(outcomes))}`;
    return {
      happened: `${answered}; the next caller: ${told(next)}; ${some(loader.calls, 'call')} in all.`,
      pass: left === 0 && next.value === 'back',
    };
  },
});
