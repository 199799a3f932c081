import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { named, some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'first-caller-aborts',
  family: 'caching',
  title: 'The first caller aborts',
  expected:
    'The caller who caused the call leaves 50 ms into its 400 ms, while three others wait. It is let go at once (within 200 ms); the three get the value of that one call. Times count from the abort.',
  needs: 'abort',
  async run(subject) {
    const loader = countedLoader((_call, context) =>
      sleep(400, 'value', { signal: context?.signal }),
    );
    const cache = await subject.make({ load: loader.load, callersAbort: true });
    const leaving = new AbortController();
    const first = started(() => cache.get('key', { signal: leaving.signal }));
    const others = callers(3, () => cache.get('key'));
    await loader.called(1);
    await sleep(50);
    leaving.abort(new Error('caller left'));
    const [gone, outcomes] = await Promise.all([
      outcomeOf(first, 1_500),
      outcomesOf(others, 1_500),
    ]);
    const values = count(outcomes, 'value', ({ value }) => value === 'value');
    const failed = outcomes.find(({ kind }) => kind === 'error');
    return {
      happened: `The first: ${told(gone)}. ${values} of the other three got the value${failed ? `; ${named(failed.error)}` : ''}; ${some(loader.calls, 'call')}.`,
      pass: gone.kind === 'error' && gone.ms < 200 && values === 3 && loader.calls === 1,
    };
  },
});
