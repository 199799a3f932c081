import { setTimeout as sleep } from 'node:timers/promises';
import { change, seenBy } from '../changed-value.mjs';
import { countedLoader } from '../counted-loader.mjs';
import { defineScenario } from '../scenario.mjs';

export const scenario = defineScenario({
  id: 'changed-object',
  family: 'caching',
  title: 'A caller changes the object it was given',
  expected:
    'The value is an object with another inside. One of two callers who share a call changes the inner one, or finds that it cannot. Neither the other caller nor who asks later sees a change.',
  needs: 'isolation',
  async run(subject) {
    const loader = countedLoader(() => sleep(50, { price: { amount: 1 } }));
    const cache = await subject.make({ load: loader.load });
    const [mine, other] = await Promise.all([cache.get('key'), cache.get('key')]);
    const refused = change(() => (mine.price.amount = 2));
    const later = await cache.get('key');
    return seenBy({ refused, other: other.price.amount, later: later.price.amount });
  },
});
