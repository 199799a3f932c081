import { outcomesOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { some, told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'subclass',
  family: 'caching',
  title: 'The cached method of a base class is called on two subclasses',
  expected:
    'A base class has a cached method, and two subclasses look the same id up, each among its own records. Each gets its own record, and asked once more each has it from the cache: two calls in all.',
  needs: 'methods',
  async run(subject) {
    if (!subject.cacheMethod) return { happened: 'Not run.', pass: false };
    let calls = 0;
    class Records {
      async find(id) {
        calls++;
        return `${this.kind} ${id}`;
      }
    }
    class Users extends Records {
      kind = 'user';
    }
    class Orders extends Records {
      kind = 'order';
    }
    const [users, orders] = await subject.cacheMethod(Records, 'find', [Users, Orders]);
    const asked = [];
    for (const records of [users, orders, users, orders]) {
      const [outcome] = await outcomesOf([started(() => records.find('1'))], 1_000);
      asked.push(outcome);
    }
    const [user, order, userAgain, orderAgain] = asked;
    const own = (outcomes, value) => outcomes.every((outcome) => outcome.value === value);
    return {
      happened: `Users: ${told(user)}; orders: ${told(order)}; ${some(calls, 'call')} for four look-ups.`,
      pass: own([user, userAgain], 'user 1') && own([order, orderAgain], 'order 1') && calls === 2,
    };
  },
});
