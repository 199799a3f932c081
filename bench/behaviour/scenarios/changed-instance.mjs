import { setTimeout as sleep } from 'node:timers/promises';
import { change, seenBy } from '../changed-value.mjs';
import { countedLoader } from '../counted-loader.mjs';
import { outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { told } from '../wording.mjs';

class Price {
  amount = 1;
}

export const scenario = defineScenario({
  id: 'changed-instance',
  family: 'caching',
  title: 'A caller changes the instance of a class it was given',
  expected:
    'One of two callers who share a call changes an instance of a class, which cannot simply be frozen or copied. Nobody else sees the change; or both callers are refused with an error that says why.',
  needs: 'isolation',
  async run(subject) {
    const loader = countedLoader(() => sleep(50, new Price()));
    const cache = await subject.make({ load: loader.load });
    const sharing = [started(() => cache.get('key')), started(() => cache.get('key'))];
    const outcomes = await outcomesOf(sharing, 1_000);
    const [mine, other] = outcomes.map(({ value }) => value);
    if (outcomes.every(({ kind }) => kind === 'error')) {
      return { happened: `Both were refused: ${told(outcomes[0])}.`, pass: true };
    }
    const refused = change(() => (mine.amount = 2));
    const later = await cache.get('key');
    const seen = seenBy({ refused, other: other.amount, later: later.amount });
    const lost = [mine, other, later].filter((value) => !(value instanceof Price)).length;
    const kept = lost > 0 ? ` ${lost} of the 3 values had lost their class.` : '';
    return { happened: seen.happened + kept, pass: seen.pass };
  },
});
