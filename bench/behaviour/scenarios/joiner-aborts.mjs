import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'joiner-aborts',
  family: 'caching',
  title: 'One of those who joined aborts',
  expected:
    'The second of four callers leaves 50 ms into a call of 400 ms. It is let go at once (within 200 ms); the other three get the value of that one call. Times count from the abort.',
  needs: 'abort',
  async run(subject) {
    const loader = countedLoader((_call, context) =>
      sleep(400, 'value', { signal: context?.signal }),
    );
    const cache = await subject.make({ load: loader.load, callersAbort: true });
    const leaving = new AbortController();
    const first = started(() => cache.get('key'));
    const joiner = started(() => cache.get('key', { signal: leaving.signal }));
    const others = [first, ...callers(2, () => cache.get('key'))];
    await loader.called(1);
    await sleep(50);
    leaving.abort(new Error('caller left'));
    const [gone, outcomes] = await Promise.all([
      outcomeOf(joiner, 1_500),
      outcomesOf(others, 1_500),
    ]);
    const values = count(outcomes, 'value', ({ value }) => value === 'value');
    return {
      happened: `The one who left: ${told(gone)}. ${values} of the other three got the value; ${some(loader.calls, 'call')}.`,
      pass: gone.kind === 'error' && gone.ms < 200 && values === 3 && loader.calls === 1,
    };
  },
});
