import { setTimeout as sleep } from 'node:timers/promises';
import { countedLoader } from '../counted-loader.mjs';
import { gate } from '../gate.mjs';
import { outcomeOf, outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'tag-invalidation-in-flight',
  family: 'caching',
  title: 'A tag is invalidated while a value that will carry it is on its way',
  expected:
    'A call has read the old value; then the value changes and its tag is invalidated; then the call returns. Who waited gets an answer, old or new; who asks after the invalidation, before or after the old call returns, gets the new value.',
  needs: 'tags',
  async run(subject) {
    const slow = gate();
    let current = 'old';
    const loader = countedLoader(async (call) => {
      const read = current;
      if (call === 1) await slow.passed;
      return read;
    });
    const cache = await subject.make({ load: loader.load, tag: 'catalogue' });
    if (!cache.invalidateTag) return { happened: 'Not run.', pass: false };
    const before = started(() => cache.get('key'));
    await loader.called(1);
    current = 'new';
    await outcomeOf(
      started(() => cache.invalidateTag()),
      500,
    );
    const during = started(() => cache.get('key'));
    await sleep(50);
    slow.open();
    const [waited, asked] = await outcomesOf([before, during], 1_500);
    const after = await outcomeOf(
      started(() => cache.get('key')),
      1_000,
    );
    return {
      happened: `Who waited: ${told(waited)}. Who asked during the call: ${told(asked)}. Who asked after it: ${told(after)}.`,
      pass: waited.kind === 'value' && asked.value === 'new' && after.value === 'new',
    };
  },
});
