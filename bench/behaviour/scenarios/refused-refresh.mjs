import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, outcomesOf } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { named, some } from '../wording.mjs';

/** Some count whole seconds and round: two are safely beyond one. */
const UNTIL_STALE_MS = 2_100;

/** What a loader makes of an answer of 429 with `Retry-After: 60`. */
function tooManyRequests() {
  return Object.assign(new Error('Too Many Requests'), { status: 429, retryAfterMs: 60_000 });
}

export const scenario = defineScenario({
  id: 'refused-refresh',
  family: 'caching',
  title: 'The refresh of a stale value is told to come back later',
  expected:
    'Fresh for 1 s, stale for a minute more; the refresh is answered by 429, with a `Retry-After` of a minute. Fifty callers at once, four times within a second, all get the stale value, and no more than one call reaches the backend.',
  needs: 'stale',
  async run(subject) {
    const loader = countedLoader(async (call) => {
      if (call === 1) return 'old';
      throw tooManyRequests();
    });
    const cache = await subject.make({ load: loader.load, freshMs: 1_000, staleMs: 60_000 });
    await cache.get('key');
    await sleep(UNTIL_STALE_MS);
    const outcomes = [];
    for (let wave = 0; wave < 4; wave++) {
      const asked = callers(50, () => cache.get('key'));
      outcomes.push(...(await outcomesOf(asked, 1_000)));
      await sleep(200);
    }
    const stale = count(outcomes, 'value', ({ value }) => value === 'old');
    const failed = outcomes.find(({ kind }) => kind === 'error');
    const asked = loader.calls - 1;
    return {
      happened: `${stale} of 200 got the stale value${failed ? `; ${count(outcomes, 'error')} got ${named(failed.error)}` : ''}; ${some(asked, 'call')} to the backend.`,
      pass: stale === 200 && asked <= 1,
    };
  },
});
