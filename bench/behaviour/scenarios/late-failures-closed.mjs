import { COOLDOWN_MS, LIMIT_MS, attempts, cooledDown, openByFailures } from '../circuit.mjs';
import { gate } from '../gate.mjs';
import { callers, outcomesOf } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';

export const scenario = defineScenario({
  id: 'late-failures-closed',
  family: 'circuit-breaking',
  title: 'Calls from before fail after the circuit has closed again',
  expected:
    'Three calls start while the circuit is closed; it opens, cools down, and a probe closes it. Then the three old calls fail. They say nothing of the backend as it is now: all of the next three callers are let through.',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS });
    const old = gate();
    const slow = callers(3, () => breaker.execute(() => old.passed));
    await openByFailures(breaker);
    await cooledDown();
    const probing = await attempts(breaker, 1);
    const recovered = await attempts(breaker, 1);
    old.fail(new Error('late'));
    await outcomesOf(slow, 500);
    const next = await attempts(breaker, 3);
    return {
      happened: `Closed by its probe: ${probing.admitted + recovered.admitted === 2 ? 'yes' : 'no'}. After the late failures ${next.admitted} of 3 were let through.`,
      pass: probing.admitted === 1 && recovered.admitted === 1 && next.admitted === 3,
    };
  },
});
