import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { never } from '../gate.mjs';
import { callers, count, lastMs, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'everyone-aborts',
  family: 'caching',
  title: 'Every caller aborts',
  expected:
    'Three callers of a call that hangs leave after 50 ms. All are let go at once (within 200 ms), and the next caller gets a value from a new call.',
  needs: 'abort',
  async run(subject) {
    const loader = countedLoader((call) => (call === 1 ? never() : Promise.resolve('back')));
    const cache = await subject.make({ load: loader.load, callersAbort: true });
    const leaving = new AbortController();
    const waiting = callers(3, () => cache.get('key', { signal: leaving.signal }));
    await loader.called(1);
    await sleep(50);
    leaving.abort(new Error('caller left'));
    const outcomes = await outcomesOf(waiting, 1_000);
    const next = await outcomeOf(
      started(() => cache.get('key')),
      500,
    );
    const left = count(outcomes, 'waiting');
    return {
      happened: `${left > 0 ? `${left} still waiting` : 'All let go'} ${about(lastMs(outcomes))}; the next caller: ${told(next)}; ${some(loader.calls, 'call')} in all.`,
      pass: count(outcomes, 'error') === 3 && lastMs(outcomes) < 200 && next.value === 'back',
    };
  },
});
