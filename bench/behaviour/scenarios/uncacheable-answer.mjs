import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, lastMs, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'uncacheable-answer',
  family: 'caching',
  title: 'An answer that must not be kept',
  expected:
    'A call takes 100 ms, and its answer must not be kept. None of ten callers waits for more than one call: all have an answer within 500 ms. Who asks later gets an answer of a new call.',
  async run(subject) {
    const loader = countedLoader((call) => sleep(100, `answer ${call}`));
    const cache = await subject.make({ load: loader.load, isCacheable: () => false });
    const outcomes = await outcomesOf(
      callers(10, () => cache.get('key')),
      3_000,
    );
    const { calls } = loader;
    await sleep(50);
    const next = await outcomeOf(
      started(() => cache.get('key')),
      1_000,
    );
    const values = count(outcomes, 'value', ({ value }) => String(value).startsWith('answer'));
    return {
      happened: `${some(calls, 'call')}; ${values} of 10 got an answer, the last ${about(lastMs(outcomes))}; who asked later: ${told(next)}.`,
      pass: values === 10 && lastMs(outcomes) < 500 && next.value === `answer ${calls + 1}`,
    };
  },
});
