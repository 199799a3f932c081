import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, lastMs, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'failing-loader',
  family: 'caching',
  title: 'Ten callers, and the loader fails',
  expected:
    'The loader rejects after 100 ms. It is called once; all ten get its error, the last of them within 500 ms; the next caller makes a new call.',
  async run(subject) {
    let broken = true;
    const loader = countedLoader(async () => {
      if (!broken) return 'back';
      await sleep(100);
      throw new Error('backend down');
    });
    const cache = await subject.make({ load: loader.load });
    const outcomes = await outcomesOf(
      callers(10, () => cache.get('key')),
      3_000,
    );
    const { calls } = loader;
    broken = false;
    const next = await outcomeOf(
      started(() => cache.get('key')),
      1_000,
    );
    const errors = count(outcomes, 'error');
    return {
      happened: `${some(calls, 'call')}, ${some(errors, 'error')}, the last ${about(lastMs(outcomes))}; the next caller got ${told(next)}.`,
      pass: calls === 1 && errors === 10 && lastMs(outcomes) < 500 && next.value === 'back',
    };
  },
});
