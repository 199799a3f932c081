import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, lastMs, outcomesOf } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, named, some } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'loader-slower-than-lock',
  family: 'caching',
  title: 'The loader is slower than the lock',
  expected:
    'Where waiting for another’s call is bounded, the bound is 100 ms; the loader takes 400 ms. 25 callers come at once and 25 more 200 ms later. The loader is called twice at most, and all fifty get a value within 900 ms.',
  needs: 'lock',
  async run(subject) {
    const loader = countedLoader(() => sleep(400, 'value'));
    const cache = await subject.make({ load: loader.load, lockMs: 100 });
    const early = callers(25, () => cache.get('key'));
    const outcomesEarly = outcomesOf(early, 3_000);
    await sleep(200);
    const late = callers(25, () => cache.get('key'));
    const outcomes = (await Promise.all([outcomesEarly, outcomesOf(late, 3_000)])).flat();
    const failed = outcomes.find(({ kind }) => kind === 'error');
    const values = count(outcomes, 'value');
    return {
      happened: `${some(loader.calls, 'call')}; ${values} of 50 got the value, the last ${about(lastMs(outcomes))}${failed ? `; the others ${named(failed.error)}` : ''}.`,
      pass: loader.calls <= 2 && values === 50 && lastMs(outcomes) < 900,
    };
  },
});
