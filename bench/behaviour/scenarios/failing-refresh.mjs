import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { count, outcomeOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { named, some } from '../wording.mjs';

/** Some count whole seconds and round: two are safely beyond one. */
const UNTIL_STALE_MS = 2_100;

export const scenario = defineScenario({
  id: 'failing-refresh',
  family: 'caching',
  title: 'The refresh of a stale value fails',
  expected:
    'Fresh for 1 s, stale for a minute more; the backend is down by then. Twenty callers, one after the other within half a second, all get the stale value, and three calls at most reach the backend: it is not asked again on every hit.',
  needs: 'stale',
  async run(subject) {
    const loader = countedLoader(async (call) => {
      if (call === 1) return 'old';
      throw new Error('backend down');
    });
    const cache = await subject.make({ load: loader.load, freshMs: 1_000, staleMs: 60_000 });
    await cache.get('key');
    await sleep(UNTIL_STALE_MS);
    const outcomes = [];
    for (let caller = 0; caller < 20; caller++) {
      outcomes.push(
        await outcomeOf(
          started(() => cache.get('key')),
          1_000,
        ),
      );
      await sleep(20);
    }
    const stale = count(outcomes, 'value', ({ value }) => value === 'old');
    const failed = outcomes.find(({ kind }) => kind === 'error');
    const asked = loader.calls - 1;
    return {
      happened: `${stale} of 20 got the stale value${failed ? `; ${count(outcomes, 'error')} got ${named(failed.error)}` : ''}; ${some(asked, 'call')} to the backend.`,
      pass: stale === 20 && asked <= 3,
    };
  },
});
