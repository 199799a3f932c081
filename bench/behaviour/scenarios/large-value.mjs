import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { callers, count, lastMs, outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some } from '../wording.mjs';

const MAX_ENTRY_BYTES = 64 * 1_024;
const BODY = 'x'.repeat(256 * 1_024);

export const scenario = defineScenario({
  id: 'large-value',
  family: 'caching',
  title: 'Many ask for a value that is too large to be kept',
  expected:
    'Values of more than 64 KiB are not to be kept. A call takes 100 ms and brings 256 KiB: one call answers a hundred callers at once, within 5 s. Who asks later gets the value of a new call.',
  needs: 'size-limit',
  async run(subject) {
    const loader = countedLoader((call) => sleep(100, { call, body: BODY }));
    const cache = await subject.make({ load: loader.load, maxEntryBytes: MAX_ENTRY_BYTES });
    const outcomes = await outcomesOf(
      callers(100, () => cache.get('key')),
      5_000,
    );
    const { calls } = loader;
    await sleep(50);
    const next = await outcomeOf(
      started(() => cache.get('key')),
      1_000,
    );
    const values = count(outcomes, 'value', ({ value }) => value?.body === BODY);
    const isNew = next.value?.call > calls;
    const later = isNew ? 'a new one' : next.kind === 'value' ? 'a kept one' : 'none';
    return {
      happened: `${some(calls, 'call')}; ${values} of 100 got the value, the last ${about(lastMs(outcomes))}; who asked later got ${later}.`,
      pass: values === 100 && calls === 1 && isNew,
    };
  },
});
