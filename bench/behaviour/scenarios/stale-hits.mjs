import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, lastMs, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some, told } from '../wording.mjs';

/** Some count whole seconds and round: two are safely beyond one. */
const UNTIL_STALE_MS = 2_100;

export const scenario = defineScenario({
  id: 'stale-hits',
  family: 'caching',
  title: 'Fifty callers of a stale value',
  expected:
    'Fresh for 1 s, stale for a minute more; the refresh takes 600 ms. All fifty get the stale value at once (within 300 ms), one refresh runs behind it, and after it the new value is served.',
  needs: 'stale',
  async run(subject) {
    const loader = countedLoader((call) =>
      call === 1 ? Promise.resolve('old') : sleep(600, 'new'),
    );
    const cache = await subject.make({ load: loader.load, freshMs: 1_000, staleMs: 60_000 });
    await cache.get('key');
    await sleep(UNTIL_STALE_MS);
    const outcomes = await outcomesOf(
      callers(50, () => cache.get('key')),
      3_000,
    );
    await sleep(900);
    const refreshes = loader.calls - 1;
    const next = await outcomeOf(
      started(() => cache.get('key')),
      1_000,
    );
    const stale = count(outcomes, 'value', ({ value }) => value === 'old');
    return {
      happened: `${stale} of 50 got the stale value, the last answer ${about(lastMs(outcomes))}; ${some(refreshes, 'refresh', 'refreshes')}; then ${told(next)}.`,
      pass: stale === 50 && lastMs(outcomes) < 300 && refreshes === 1 && next.value === 'new',
    };
  },
});
